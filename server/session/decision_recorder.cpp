#include "server/session/decision_recorder.hpp"

#include <algorithm>
#include <iterator>

namespace sallyport {

bool DecisionRecorder::may_tell(Telling what, TimePoint now) noexcept {
  const bool may = what == Telling::Denial ? denials_.take(now) && budgets_->denials.take(now)
                                           : questions_.take(now) && budgets_->questions.take(now);
  if (!may) ++losses_.denials;
  return may;
}

bool DecisionRecorder::add(DecisionEvent event, TimePoint now) {
  const bool is_wanted = event.is_kept && watch_.keep;
  event.is_kept = is_wanted && may_keep(event, now);
  if (is_wanted && !event.is_kept) ++losses_.decisions;
  if (event.is_kept) return put(std::move(event));
  if (!watch_.trace) return false;
  if (!shown_.take(now))
    ++losses_.shown;
  else
    (void)put(std::move(event));
  return false;
}

/// A refusal was let through by may_tell(), and where the start of a flow is, there its end must be.
bool DecisionRecorder::may_keep(const DecisionEvent& event, TimePoint now) noexcept {
  if (event.kind != DecisionKind::Opened) return true;
  if (event.is_logged) return logged_.take(now) && budgets_->logged_flows.take(now);
  return opened_.take(now) && budgets_->decisions.take(now);
}

bool DecisionRecorder::put(DecisionEvent event) {
  const bool is_kept = event.is_kept;
  const bool is_end = is_kept && event.kind == DecisionKind::Ended;
  if (waiting_.size() >= kMaxWaiting && !is_end && !(is_kept && drop_shown())) {
    if (is_kept) ++losses_.decisions;
    if (watch_.trace) ++losses_.shown;
    return false;
  }
  waiting_.push_back(std::move(event));
  return is_kept;
}

/// Makes room for what the log wants. False: there is none to be made.
bool DecisionRecorder::drop_shown() {
  const auto last = std::find_if(waiting_.rbegin(), waiting_.rend(), [](const auto& each) { return !each.is_kept; });
  if (last == waiting_.rend()) return false;
  waiting_.erase(std::next(last).base());
  ++losses_.shown;
  return true;
}

}  // namespace sallyport
