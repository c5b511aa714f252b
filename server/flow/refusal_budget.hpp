#pragma once

#include "common/base/time.hpp"

#include <algorithm>

namespace sallyport {

/// A token bucket for answered refusals, kept as the time at which it is full again.
class RefusalBudget {
 public:
  /// Requires per_second > 0.
  RefusalBudget(unsigned per_second, unsigned burst) noexcept
      : cost_{Duration{std::chrono::seconds{1}} / per_second}, depth_{cost_ * burst} {}

  /// True when one more refusal may be answered; it is then counted.
  [[nodiscard]] bool take(TimePoint now) noexcept {
    const TimePoint after = std::max(full_at_, now) + cost_;
    if (after - now > depth_) return false;
    full_at_ = after;
    return true;
  }

 private:
  Duration cost_;
  Duration depth_;
  TimePoint full_at_ = TimePoint::min();
};

}  // namespace sallyport
