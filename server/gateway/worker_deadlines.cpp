#include "server/gateway/worker.hpp"

#include <algorithm>
#include <chrono>

// When which session is looked after. What a packet waits for is never among it: that is judged on the packet itself.

namespace sallyport {
namespace {

constexpr auto kShortestTick = std::chrono::milliseconds{20};
constexpr auto kLongestTick = std::chrono::seconds{1};
/// Looking after sessions may take this long before packets have their turn again.
constexpr auto kSweepSlice = std::chrono::milliseconds{1};

/// Somebody set the wall clock. Whole seconds on one side, fractions on the other.
bool has_jumped(Now before, Now now) {
  constexpr auto kTolerance = std::chrono::seconds{2};
  const auto jump = now.wall - before.wall - std::chrono::floor<std::chrono::seconds>(now.steady - before.steady);
  return jump > kTolerance || jump < -kTolerance;
}

}  // namespace

void Worker::on_tick() {
  const Now now = thread_.loop().now();
  if (ticked_ && has_jumped(*ticked_, now)) sweep_all();
  ticked_ = now;
  const auto slice_ends = std::chrono::steady_clock::now() + kSweepSlice;
  while (Connection* connection = next_to_look_after(now)) {
    look_after(*connection, now);
    if (std::chrono::steady_clock::now() >= slice_ends) break;
  }
  flush_dirty();
  tick_due_ = TimePoint::max();
  if (!sweep_.empty() || deadlines_.next() <= now.steady) return arm_tick(now.steady);
  ready_.clear();
  queue_home_.pool.release_unused();
  port_.release_unused(now.steady);
  arm_tick(std::clamp(deadlines_.next(), now.steady + kShortestTick, now.steady + kLongestTick));
}

/// Deadlines go before a sweep: they are few at a time.
Connection* Worker::next_to_look_after(Now now) {
  while (const auto id = deadlines_.take_due(now.steady)) {
    const auto found = connections_.find(*id);
    if (found != connections_.end()) return found->second.get();
  }
  while (!sweep_.empty()) {
    const auto found = connections_.find(sweep_.back());
    sweep_.pop_back();
    if (found != connections_.end()) return found->second.get();
  }
  return nullptr;
}

/// `connection` may be gone afterwards. What there is to send goes at once: put off to the end of the turn it would be
/// no part of the slice.
void Worker::look_after(Connection& connection, Now now) {
  connection.session().handle_timeout(now, connection.plaintext());
  connection.release_idle_memory(now.steady);
  if (connection.is_stalled(now.steady)) connection.session().end(EndReason::Stalled, connection.plaintext());
  settle(connection, now);
}

/// Not at once: what was just looked at has waited for nothing.
void Worker::look_again(const Connection& connection, TimePoint due, Now now) {
  due = std::max(due, now.steady + kShortestTick);
  deadlines_.bring_forward(connection.grant().id, due);
  arm_tick(due);
}

/// To the millisecond, and so apart from what sessions have to be looked after for: few have one that waits.
void Worker::await_ack(const Connection& connection) {
  const auto due = connection.ack_due();
  if (!due) return;
  const bool is_first = *due < ack_deadlines_.next();
  ack_deadlines_.bring_forward(connection.grant().id, *due);
  if (is_first) ack_timer_.arm_at(*due);
}

void Worker::on_ack_due() {
  const Now now = thread_.loop().now();
  while (const auto id = ack_deadlines_.take_due(now.steady)) {
    const auto found = connections_.find(*id);
    if (found != connections_.end()) settle(*found->second, now);
  }
  if (ack_deadlines_.next() != TimePoint::max()) ack_timer_.arm_at(ack_deadlines_.next());
}

/// New rights are in force on the next packet of every session; what no packet waits for is done in slices.
void Worker::sweep_all() {
  sweep_.clear();
  for (const auto& [id, connection] : connections_) sweep_.push_back(id);
  arm_tick(thread_.loop().now().steady);
}

/// Only ever earlier: a stream of short deadlines must not push the others back.
void Worker::arm_tick(TimePoint due) {
  if (due >= tick_due_) return;
  tick_due_ = due;
  tick_.arm_at(due);
}

}  // namespace sallyport
