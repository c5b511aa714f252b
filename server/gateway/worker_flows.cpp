#include "server/gateway/worker.hpp"

#include <chrono>
#include <utility>

namespace sallyport {
namespace {

/// How long one look at the flow tables may take, and how long packets then have the loop for themselves.
constexpr auto kWalkSlice = std::chrono::microseconds{500};
constexpr auto kWalkPause = std::chrono::milliseconds{2};
/// Slots between two looks at the clock.
constexpr std::size_t kSlotsAtOnce = 512;

}  // namespace

void Worker::run(command::ListFlows& list) {
  walks_.push_back({std::move(list.sessions), list.limit, 0, report::Flows{list.ticket, {}, 0}});
  if (walks_.size() == 1) on_walk();
}

/// A slice of the oldest walk.
void Worker::on_walk() {
  if (walks_.empty()) return;
  if (walk_on(walks_.front())) {
    report_(std::move(walks_.front().found));
    walks_.pop_front();
  }
  if (!walks_.empty()) walk_.arm(kWalkPause);
}

/// True when all was seen.
bool Worker::walk_on(FlowWalk& walk) {
  const TimePoint now = thread_.loop().now().steady;
  const auto end = std::chrono::steady_clock::now() + kWalkSlice;
  while (!walk.sessions.empty()) {
    const auto found = connections_.find(walk.sessions.back());
    if (found != connections_.end()) {
      const Session& session = found->second->session();
      const auto& filter = session.filter();
      walk.slot = filter.flows().visit(walk.slot, kSlotsAtOnce, now, [&](const Flow& flow) {
        if (walk.found.flows.size() >= walk.limit) {
          ++walk.found.left_off;
          return;
        }
        walk.found.flows.push_back({session.grant().id, flow, session.knows_rule_of(flow),
                                    std::chrono::floor<std::chrono::seconds>(now - flow.last_seen), session.policy()});
      });
      if (walk.slot < filter.flows().capacity()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        continue;
      }
    }
    walk.sessions.pop_back();
    walk.slot = 0;
    if (std::chrono::steady_clock::now() >= end) return walk.sessions.empty();
  }
  return true;
}

void Worker::run(command::WatchDecisions& watch_decisions) {
  watched_ = std::move(watch_decisions);
  for (auto& [id, connection] : connections_) watch(connection->session());
}

void Worker::watch(Session& session) const {
  session.watch({.keep = watched_.keep, .trace = watched_.traced.contains(session.grant().device)});
}

}  // namespace sallyport
