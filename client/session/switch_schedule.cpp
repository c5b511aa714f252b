#include "client/session/switch_schedule.hpp"

#include <algorithm>

namespace sallyport {

Duration SwitchSchedule::begin(TimePoint now) noexcept {
  const TimePoint room = full_at_ - kInterval * (kInARow - 1);
  const Duration wait = std::max(changed_ + gap_, room) - now;
  if (wait > Duration::zero()) {
    if (!is_held_) ++counts_.held_back;
    is_held_ = true;
    return wait;
  }
  ++counts_.begun;
  full_at_ = std::max(full_at_, now) + kInterval;
  if (is_held_)
    gap_ = std::min(gap_ * 2, kLongestGap);
  else if (!is_retry_)
    gap_ = std::max(gap_ / 2, kShortestGap);
  is_held_ = false;
  is_retry_ = true;
  return Duration::zero();
}

Duration SwitchSchedule::wait_after_failure() {
  bound_ = bound_ == Duration{} ? kFirst : std::min(bound_ * 2, kLongest);
  std::uniform_int_distribution<Duration::rep> wait{(bound_ / 2).count(), bound_.count()};
  return Duration{wait(random_)};
}

void SwitchSchedule::note_change(TimePoint now) noexcept {
  settle();
  changed_ = now;
  ++counts_.done;
}

void SwitchSchedule::settle() noexcept {
  is_wanted_ = false;
  is_held_ = false;
  is_retry_ = false;
  bound_ = {};
}

void SwitchSchedule::forget() noexcept {
  settle();
  gap_ = kShortestGap;
  changed_ = {};
  full_at_ = {};
  counts_ = {};
}

}  // namespace sallyport
