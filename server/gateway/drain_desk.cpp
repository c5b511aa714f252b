#include "server/gateway/drain_desk.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

bool DrainDesk::drain(std::chrono::seconds period, bool then_stop, const std::string& by) {
  stops_after_drain_ |= then_stop;
  if (is_closed_) return false;
  if (then_stop) hooks_.stop_accepting();
  const TimePoint now = clock_.now().steady;
  if (drain_) {
    if (then_stop) note_drain("to stop, after the drain under way", drain_->left(now), by);
    return then_stop;
  }
  drain_.emplace(registry_.where([](const auto&) { return true; }), period, now);
  note_drain(then_stop ? "to stop" : "to move", period, by);
  log_.event(Level::Notice, "gateway.draining", "every session is asked to move",
             {{"sessions", drain_->sessions().size()}, {"seconds", period.count()}, {"by", by}});
  handle_timeout();
  return true;
}

std::size_t DrainDesk::remaining() const {
  if (!drain_) return 0;
  const auto& sessions = drain_->sessions();
  return static_cast<std::size_t>(
      std::count_if(sessions.begin(), sessions.end(), [this](SessionId id) { return registry_.find(id) != nullptr; }));
}

void DrainDesk::note_drain(const char* what, std::chrono::seconds left, const std::string& by) {
  AuditRecord audit;
  audit.event = "gateway.draining";
  audit.by = by;
  audit.counts = {{"sessions", drain_->sessions().size()}, {"seconds", static_cast<std::uint64_t>(left.count())}};
  audit.reason = what;
  (void)journal_.record(std::move(audit));
}

void DrainDesk::handle_timeout() {
  if (!drain_) return;
  const TimePoint now = clock_.now().steady;
  auto due = drain_->take_due(now);
  if (!due.empty()) orders_.tell(command::Drain{std::move(due), drain_->left(now)});
  const auto& sessions = drain_->sessions();
  const bool is_empty =
      std::none_of(sessions.begin(), sessions.end(), [this](SessionId id) { return registry_.find(id) != nullptr; });
  if (is_empty || drain_->is_over(now)) return end_drain();
  timer_.arm_at(std::min(drain_->next_due(), now + std::chrono::seconds{1}));
}

/// What has not moved ends by itself now, as it was told.
void DrainDesk::end_drain() {
  drain_.reset();
  log_.event(Level::Notice, "gateway.drained", "the sessions that were there have moved or ended");
  if (std::exchange(stops_after_drain_, false)) hooks_.stop();
}

}  // namespace sallyport
