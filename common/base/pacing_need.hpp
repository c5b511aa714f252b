#pragma once

#include "common/base/path_sample.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace sallyport {

/// When a connection that is to have BBR needs it: once its path turns out to be long, to lose packets, or to have a
/// queue that stays. Pure.
///
/// BBR paces: for every 64 KiB at most the kernel sets a timer and is interrupted by it. Where a round trip takes less
/// than a millisecond nobody feels what that holds back, and it is a tenth of all processor time of a full tunnel. A
/// socket that has paced once goes on with it under every other control, so a connection begins without.
class PacingNeed {
 public:
  static constexpr Duration kNear = std::chrono::milliseconds{1};
  /// From here on it is needed at once. In between a busy machine may only have been late to answer: kWindow decides.
  static constexpr Duration kFar = std::chrono::milliseconds{5};
  /// Losses are looked at over this time: that many segments at least, and one of a thousand. Then BBR's way to repair
  /// them is worth its timers.
  static constexpr Duration kWindow = std::chrono::seconds{1};
  static constexpr std::uint64_t kFewestLost = 16;
  /// A queue stands on the way where a round trip takes kFar and so many segments are under way at a time, at the ends
  /// of two windows in a row. Of fewer, the other end may just have put off its acknowledgements.
  static constexpr double kFewestQueued = 16;

  /// To be called now and then while something is sent. True: BBR from now on.
  [[nodiscard]] bool note(const PathSample& sample, TimePoint now) noexcept;

 private:
  [[nodiscard]] bool stands(const PathSample& sample, std::uint64_t sent, Duration elapsed) noexcept;

  TimePoint since_{};
  std::uint64_t retransmitted_ = 0;  ///< by then
  std::uint64_t sent_ = 0;
  bool was_queued_ = false;  ///< the window before
};

/// Gives `fd` BBR when `need` says so, and forgets `need`: there is no way back. Where the kernel refuses, it is asked
/// again when `need` says so the next time.
void pace_if_needed(int fd, std::optional<PacingNeed>& need, const PathSample& sample, TimePoint now) noexcept;

}  // namespace sallyport
