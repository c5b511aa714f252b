#include "server/gateway/worker_pool.hpp"

#include <utility>

namespace sallyport {

WorkerPool::WorkerPool(std::vector<TunLanes> queues, const std::shared_ptr<const Policy>& policy,
                       const Worker::Reporter& report, const SessionLimits& limits)
    : exchange_{queues.size()}, places_{queues.size()}, watches_(queues.size()) {
  for (auto& queue : queues) {
    const WorkerNumber number{static_cast<std::uint8_t>(workers_.size())};
    workers_.push_back(
        std::make_unique<Worker>(std::move(queue), policy, report, limits, ExchangePort{exchange_, number}));
  }
  for (auto& worker : workers_) worker->start();
}

/// None goes while another one may still wake it.
WorkerPool::~WorkerPool() {
  for (auto& worker : workers_) worker->stop();
}

std::vector<pid_t> WorkerPool::threads() const {
  std::vector<pid_t> threads;
  for (const auto& worker : workers_) threads.push_back(worker->thread());
  return threads;
}

void WorkerPool::tell(SessionId session, WorkerCommand&& command) {
  if (const auto worker = places_.worker_of(session)) workers_[index_of(*worker)]->push(std::move(command));
}

bool WorkerPool::adopt(command::Adopt&& adopt) {
  const SessionGrant& grant = adopt.grant;
  if (adopt.refusal) return workers_[index_of(places_.idlest())]->post(std::move(adopt));
  const WorkerNumber number = places_.add(grant.id, grant.device);
  for (const auto& address : {grant.addresses.v4, grant.addresses.v6}) {
    if (address) exchange_.directory().note(*address, number);
  }
  return workers_[index_of(number)]->post(std::move(adopt));
}

std::optional<WorkerNumber> WorkerPool::find_stuck() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (watches_[i].turn(workers_[i]->beats())) workers_[i]->push(command::Beat{});
    if (watches_[i].is_silent()) return WorkerNumber{static_cast<std::uint8_t>(i)};
  }
  return std::nullopt;
}

}  // namespace sallyport
