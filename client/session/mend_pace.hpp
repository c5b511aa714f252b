#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace sallyport {

/// How soon what other programs take away of the network is looked for and put back: at once, and ever later for one
/// that takes it away whenever it is back, so that it does not keep the service busy. Pure.
class MendPace {
 public:
  static constexpr Duration kShortestGap = std::chrono::milliseconds{20};
  static constexpr Duration kLongestGap = std::chrono::seconds{5};
  /// A loss that comes after so many gaps is none of a row: the next one is put back at once.
  static constexpr int kCalmGaps = 4;

  /// How long to wait before the next look.
  [[nodiscard]] Duration wait(TimePoint now) const noexcept {
    return looked_ ? std::max(*looked_ + gap_ - now, Duration::zero()) : Duration::zero();
  }
  void note_look(TimePoint now, bool has_found_loss) noexcept {
    if (!lost_ || now - *lost_ >= kCalmGaps * gap_)
      gap_ = kShortestGap;
    else if (has_found_loss)
      gap_ = std::min(gap_ * 2, kLongestGap);
    if (has_found_loss) lost_ = now;
    looked_ = now;
  }

 private:
  Duration gap_ = kShortestGap;
  std::optional<TimePoint> looked_;
  std::optional<TimePoint> lost_;
};

}  // namespace sallyport
