#pragma once

#include "common/base/path_sample.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>

namespace sallyport {

/// Whether somebody waits for answers while much goes through the same connection, on a short path.
///
/// What the kernel holds unsent and unread keeps bulk going while one end waits for a processor, and everything else
/// waits behind it, too. So it is much as long as there is nothing but bulk, and little beside sparse flows. On a
/// longer path neither would be felt. Sans-IO.
class Haste {
 public:
  static constexpr auto kShort = std::chrono::milliseconds{1};
  /// Octets a second, both ways: below that nothing stands anywhere.
  static constexpr double kMuch = 25e6;
  /// How long it lasts behind the last sparse packet.
  static constexpr auto kMemory = std::chrono::milliseconds{250};
  /// So many sparse packets, no two of them further apart than kPause: a single one may be the end of something large
  /// whose flow had stood still.
  static constexpr unsigned kEnough = 4;
  static constexpr auto kPause = std::chrono::milliseconds{50};

  /// Now and then.
  void follow(const PathSample& sample, TimePoint now) noexcept {
    const std::uint64_t moved = sample.received + sample.delivered * static_cast<std::uint64_t>(sample.segment);
    const std::chrono::duration<double> elapsed = now - since_;
    const bool is_short = sample.least_rtt != Duration{} && sample.least_rtt < kShort;
    is_beside_much_ = is_short && static_cast<double>(moved - moved_) >= kMuch * elapsed.count();
    moved_ = moved;
    since_ = now;
  }

  /// Only then does a sparse packet count.
  [[nodiscard]] bool is_beside_much() const noexcept { return is_beside_much_; }
  /// A packet of a sparse flow leaves. True: from now on there is haste.
  [[nodiscard]] bool note(TimePoint now) noexcept {
    const bool was_on = is_on(now);
    seen_ = now - noted_ <= kPause ? seen_ + 1 : 1;
    noted_ = now;
    if (was_on || seen_ >= kEnough) until_ = now + kMemory;
    return !was_on && is_on(now);
  }
  [[nodiscard]] bool is_on(TimePoint now) const noexcept { return now < until_; }

 private:
  bool is_beside_much_ = false;
  std::uint64_t moved_ = 0;
  TimePoint since_{};
  TimePoint noted_{};
  unsigned seen_ = 0;  ///< sparse packets without a pause
  TimePoint until_{};
};

}  // namespace sallyport
