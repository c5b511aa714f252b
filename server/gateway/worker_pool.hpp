#pragma once

#include "server/gateway/beat_watch.hpp"
#include "server/gateway/packet_exchange.hpp"
#include "server/gateway/session_places.hpp"
#include "server/gateway/worker.hpp"

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace sallyport {

/// All workers of a gateway: who serves whom, what all of them are told, and whether each still answers. Only on the
/// control thread.
class WorkerPool {
 public:
  /// One worker for each queue, at least one; they run from here on.
  WorkerPool(std::vector<TunLanes> queues, const std::shared_ptr<const Policy>& policy, const Worker::Reporter& report,
             const SessionLimits& limits);
  /// Waits for their threads.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }
  /// The kernel's numbers of their threads.
  [[nodiscard]] std::vector<pid_t> threads() const;

  /// The same command for every worker; each carries out what it is told in order.
  template <class Command>
  void tell(const Command& command) {
    for (auto& worker : workers_) worker->push(WorkerCommand{command});
  }
  /// For the worker of this session; nobody, when it is over.
  void tell(SessionId session, WorkerCommand&& command);

  /// Chooses the session's worker and gives it the connection. False when that one cannot keep up: the connection is
  /// gone. A session that is not refused counts for its worker until forget(), whatever came of this.
  [[nodiscard]] bool adopt(command::Adopt&& adopt);
  /// It has ended.
  void forget(SessionId session) { places_.remove(session); }

  /// Once a second: a worker that has answered nothing for BeatWatch::kMost of these.
  [[nodiscard]] std::optional<WorkerNumber> find_stuck();

 private:
  PacketExchange exchange_;
  SessionPlaces places_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<BeatWatch> watches_;
};

}  // namespace sallyport
