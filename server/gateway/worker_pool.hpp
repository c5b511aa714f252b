#pragma once

#include "server/gateway/beat_watch.hpp"
#include "server/gateway/packet_exchange.hpp"
#include "server/gateway/session_places.hpp"
#include "server/gateway/worker.hpp"
#include "server/gateway/workforce.hpp"

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace sallyport {

/// All workers of a gateway: who serves whom, what all of them are told, and whether each still answers. Only on the
/// control thread.
class WorkerPool final : public Workforce {
 public:
  /// One worker for each queue, at least one; they run from here on.
  WorkerPool(std::vector<TunLanes> queues, const std::shared_ptr<const Policy>& policy, const Worker::Reporter& report,
             const SessionLimits& limits);
  /// Waits for their threads.
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  [[nodiscard]] std::size_t size() const noexcept override { return workers_.size(); }
  /// The kernel's numbers of their threads.
  [[nodiscard]] std::vector<pid_t> threads() const;

  using Workforce::tell;
  void push(std::size_t worker, WorkerCommand&& command) override { workers_[worker]->push(std::move(command)); }
  void tell(SessionId session, WorkerCommand&& command) override;
  [[nodiscard]] bool adopt(command::Adopt&& adopt) override;
  void forget(SessionId session) override { places_.remove(session); }

  /// Once a second: a worker that has answered nothing for BeatWatch::kMost of these.
  [[nodiscard]] std::optional<WorkerNumber> find_stuck();

 private:
  PacketExchange exchange_;
  SessionPlaces places_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<BeatWatch> watches_;
};

}  // namespace sallyport
