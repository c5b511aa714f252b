#pragma once

#include "common/base/file_descriptor.hpp"
#include "server/gateway/ticket_book.hpp"
#include "server/gateway/worker_pool.hpp"
#include "tests/support/test_pki.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace sallyport::test {

/// The laptop's end of one session of a LiveWorker. Used by one thread at a time.
class LiveClient {
 public:
  LiveClient(FileDescriptor socket, std::unique_ptr<Engine> engine, IpAddress address);

  /// Sends the packets in one record, so that the gateway reads them in one go.
  void send(const std::vector<ByteBuffer>& packets);
  /// Takes what the gateway has sent, so that it never waits for us.
  void drain();
  [[nodiscard]] const IpAddress& address() const noexcept { return address_; }

 private:
  void write(Bytes plaintext);

  FileDescriptor socket_;
  std::unique_ptr<Engine> engine_;
  IpAddress address_;
  ByteBuffer scratch_;
  ByteBuffer plaintext_;
};

/// Real workers of the gateway on threads of their own, with a real TUN interface, "inside", and sessions over real
/// TLS. Needs a network namespace. The interface has the addresses 10.20.0.1 and 10.20.0.2: what passes arrives there.
class LiveWorker {
 public:
  explicit LiveWorker(std::shared_ptr<const Policy> policy, std::size_t workers = 1);
  ~LiveWorker();

  /// A session of ana@example.com, online, on the next worker in turn.
  [[nodiscard]] std::unique_ptr<LiveClient> connect();

  /// As the control thread does it: compiled ahead, then handed over. Returns when the policy is in force everywhere.
  void replace_policy(const std::shared_ptr<const Policy>& policy);

 private:
  void take(WorkerReport&& report);

  TestPki pki_;
  TestIdentity device_;
  ServerContext server_;
  ClientContext client_;
  std::vector<SessionGrant> grants_;
  std::shared_ptr<const Policy> policy_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::uint64_t> started_;
  bool is_done_ = false;
  TicketBook tickets_;
  std::unique_ptr<WorkerPool> workers_;
};

/// A UDP socket at `address`, port 7, that does not block.
[[nodiscard]] FileDescriptor listen_at(const std::string& address);

}  // namespace sallyport::test
