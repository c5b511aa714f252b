#pragma once

#include "server/gateway/handshake_gate.hpp"
#include "server/gateway/handshake_service.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sallyport {

/// Several handshake services on the same listening sockets, behind one gate: who is awake takes the next connection.
class HandshakeThreads {
 public:
  /// As HandshakeService; `handlers` are called on any of its threads. At least one of them.
  HandshakeThreads(std::size_t count, std::vector<FileDescriptor> listeners, const TlsIdentity& identity,
                   const HandshakeLimits& limits, const HandshakeService::Handlers& handlers);

  void start();
  [[nodiscard]] std::size_t size() const noexcept { return services_.size(); }

  /// As those of HandshakeService, for all of them.
  void replace_identity(const TlsIdentity& identity);
  /// As that of HandshakeGate.
  void give_back(const IpAddress& source, CountedAs counted_as, TimePoint now) {
    gate_.give_back(source, counted_as, now);
  }
  void stop_accepting();

 private:
  HandshakeGate gate_;
  std::vector<std::unique_ptr<HandshakeService>> services_;  ///< the last one has the identity as it came
};

}  // namespace sallyport
