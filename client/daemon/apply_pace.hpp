#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {

/// How often a gateway may have this laptop's addresses and routes changed, over all its sessions: a few times at once,
/// once a second on the long run. Each change is written to the disk before it is made. Pure.
class ApplyPace {
 public:
  static constexpr int kAtOnce = 10;
  static constexpr Duration kInterval = std::chrono::seconds{1};

  /// Zero: now, and it counts. Otherwise how long to wait; what is wanted then is made then.
  [[nodiscard]] Duration begin(TimePoint now) noexcept {
    const TimePoint from = full_at_ - kInterval * (kAtOnce - 1);
    if (now < from) return from - now;
    full_at_ = std::max(full_at_, now) + kInterval;
    return Duration::zero();
  }

 private:
  TimePoint full_at_{};  ///< when kAtOnce may be made at once again
};

}  // namespace sallyport
