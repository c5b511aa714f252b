#pragma once

#include "common/base/path_sample.hpp"
#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {

/// Says when BBR is to look anew for what its path takes.
///
/// It looks once, in its start-up, which is over when three round trips bring little more than those before. On a path
/// that loses, repairs bring that about: a connection that had been idle was left with a hundredth of what its path
/// takes, and finds more in small steps, over many seconds. So it starts up again where what it found is little, more
/// than that waits and nothing waits on the way; ever more rarely where there is no more to be found. A start-up sends
/// up to three times what was found: where that is little, so is the harm. Sans-IO.
class StartUpWatch {
 public:
  /// Octets found in a round trip. With so many the next start-up could overfill a queue on the way.
  static constexpr double kMuch = 128.0 * 1024;
  /// How long it has until it is judged.
  static constexpr int kRoundTrips = 8;
  static constexpr Duration kLeastWait = std::chrono::milliseconds{250};
  static constexpr Duration kLongestWait = std::chrono::seconds{60};

  /// True: start it up again. To be called every few ten milliseconds while something is sent.
  [[nodiscard]] bool follow(const PathSample& sample, bool is_lossy, TimePoint now) noexcept {
    if (!is_lossy || sample.settled == 0 || sample.unsent == 0 || now < next_) return false;
    const std::chrono::duration<double> round_trip = sample.least_rtt;
    if (sample.settled * round_trip.count() >= kMuch) return false;
    const Duration first = std::max<Duration>(kRoundTrips * sample.least_rtt, kLeastWait);
    const bool has_found_more = sample.settled > found_ + found_ / 4;
    wait_ = has_found_more ? first : std::min(std::max(2 * wait_, first), std::max(kLongestWait, first));
    found_ = sample.settled;
    next_ = now + wait_;
    return true;
  }

 private:
  double found_ = 0;  ///< when it was started up again last
  Duration wait_{};
  TimePoint next_{};
};

}  // namespace sallyport
