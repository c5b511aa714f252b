#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace sallyport {

/// How many lines of this laptop's log a gateway may bring about by what it says: many at once and few on the long run,
/// over all its sessions. Logs are bounded, so that endless talk would push what others wrote out of them. Pure.
class GatewayWords {
 public:
  static constexpr int kAtOnce = 200;
  static constexpr Duration kInterval = std::chrono::seconds{10};

  /// What may not be told is counted.
  [[nodiscard]] bool may_tell(TimePoint now) noexcept {
    const TimePoint after = std::max(full_at_, now) + kInterval;
    if (after - now > kInterval * kAtOnce) {
      ++left_out_;
      return false;
    }
    full_at_ = after;
    return true;
  }
  /// Since the last call.
  [[nodiscard]] std::uint64_t take_left_out() noexcept { return std::exchange(left_out_, 0); }

 private:
  TimePoint full_at_{};  ///< when kAtOnce may be told at once again
  std::uint64_t left_out_ = 0;
};

}  // namespace sallyport
