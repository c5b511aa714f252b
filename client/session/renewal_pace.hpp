#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {

/// How soon a device may ask for another certificate after it got one: whatever lifetimes a gateway gives and whatever
/// it asks for, a laptop does not make keys without end. Below what the shortest lifetime that a gateway of ours gives
/// (60 s, renewed after 40) leaves. Pure.
class RenewalPace {
 public:
  static constexpr Duration kShortestGap = std::chrono::seconds{5};
  static constexpr Duration kLongestGap = std::chrono::seconds{30};
  /// After that long the gap is the shortest again.
  static constexpr Duration kCalm = std::chrono::minutes{2};

  void note_renewed(TimePoint now) noexcept {
    gap_ = now - renewed_ > kCalm ? kShortestGap : std::min(gap_ * 2, kLongestGap);
    renewed_ = now;
  }
  [[nodiscard]] Duration wait(TimePoint now) const noexcept {
    return std::max(renewed_ + gap_ - now, Duration::zero());
  }

 private:
  TimePoint renewed_{};
  Duration gap_{};
};

}  // namespace sallyport
