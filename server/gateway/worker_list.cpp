#include "common/base/congestion.hpp"
#include "server/gateway/worker.hpp"

#include <chrono>
#include <utility>

namespace sallyport {
namespace {

/// How long packets may wait for a list. Between two slices the loop turns.
constexpr auto kSlice = std::chrono::milliseconds{1};

WallTime wall_at(TimePoint time, Now now) {
  if (time == TimePoint::max()) return kNever;
  return now.wall + std::chrono::floor<std::chrono::seconds>(time - now.steady);
}

}  // namespace

/// One session after the other; one that starts meanwhile is not looked at.
void Worker::run(command::List& list) {
  if (!list.left) {
    list.left.emplace();
    // All at one moment: one that ends between two slices is among those that have ended, too.
    list.queue = ended_queues_;
    list.worker = {.number = port_.self(), .inside = counts_, .totals = ended_};
    for (const auto& [id, connection] : connections_) {
      list.left->push_back(id);
      list.queue += connection->egress().counters();
    }
  }
  const Now now = thread_.loop().now();
  const auto slice_ends = std::chrono::steady_clock::now() + kSlice;
  while (!list.left->empty()) {
    if (std::chrono::steady_clock::now() >= slice_ends) return commands_.push(std::move(list));
    const auto found = connections_.find(list.left->back());
    list.left->pop_back();
    if (found == connections_.end()) continue;
    Connection& connection = *found->second;
    Session& session = connection.session();
    list.drops += session.filter().stats();
    list.worker.totals += totals_of(session);
    if (session.is_online() || session.is_verifying()) {
      ++(session.is_verifying() ? list.worker.verifying : list.worker.online);
      if (!list.is_brief) list.sessions.push_back(view_of(connection, now));
    }
  }
  report_(report::Listing{.ticket = list.ticket,
                          .sessions = std::move(list.sessions),
                          .drops = list.drops,
                          .queue = list.queue,
                          .worker = list.worker});
}

SessionView Worker::view_of(Connection& connection, Now now) const {
  Session& session = connection.session();
  const SessionLife& life = session.life();
  return {.grant = session.grant(),
          .worker = port_.self(),
          .traffic = session.traffic(),
          .flows = session.filter().live_flows(now.steady),
          .refused = session.filter().stats().refused,
          .changes = session.changes_told(),
          .is_verifying = session.is_verifying(),
          .moves = wall_at(life.moves(), now),
          .ends = wall_at(life.ends(), now),
          .idle = std::chrono::floor<std::chrono::seconds>(now.steady - life.last_packet()),
          .congestion = congestion_of(connection.fd()),
          .queue = connection.egress().counters()};
}

}  // namespace sallyport
