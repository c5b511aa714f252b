#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace sallyport {

/// The latest civil time that this gateway has seen, carried on by the steady clock. Certificates, revocation lists,
/// tokens and proofs are judged by it, so that a wall clock that is set back revives none of them. What has hours or a
/// date in the policy follows the wall clock alone. From any thread.
class ClockFloor {
 public:
  /// A clock may be this far behind without anybody being told.
  static constexpr auto kTolerance = std::chrono::minutes{2};

  /// The wall clock, or what was seen before where that is later by now.
  [[nodiscard]] WallTime at(Now now) noexcept {
    raise(now.wall, now);
    const auto steady = std::chrono::floor<std::chrono::seconds>(now.steady.time_since_epoch());
    return std::max(now.wall, WallTime{steady + std::chrono::seconds{lead_.load(std::memory_order_relaxed)}});
  }
  /// How far the wall clock is behind that; never negative.
  [[nodiscard]] std::chrono::seconds behind(Now now) noexcept { return at(now) - now.wall; }

  /// It was `seen`, at this moment or before, by this process or one before it.
  void raise(WallTime seen, Now now) noexcept {
    const std::int64_t lead = lead_at(seen, now);
    auto highest = lead_.load(std::memory_order_relaxed);
    while (highest < lead && !lead_.compare_exchange_weak(highest, lead, std::memory_order_relaxed)) {
    }
  }
  /// An administrator says that the wall clock is right, and that it was wrong before.
  void accept(Now now) noexcept { lead_.store(lead_at(now.wall, now), std::memory_order_relaxed); }

 private:
  /// Rounded so that at() is never ahead of a clock that runs as it should.
  [[nodiscard]] static std::int64_t lead_at(WallTime wall, Now now) noexcept {
    const auto steady = std::chrono::ceil<std::chrono::seconds>(now.steady.time_since_epoch());
    return (wall.time_since_epoch() - steady).count();
  }

  std::atomic<std::int64_t> lead_{INT64_MIN / 2};  ///< of the civil over the steady clock, in seconds
};

}  // namespace sallyport
