#include "server/proof/failed_attempts.hpp"

#include <algorithm>
#include <limits>

namespace sallyport {

std::chrono::seconds FailedAttempts::delay() const noexcept {
  if (count < kFreeTries) return std::chrono::seconds{0};
  // Doubled seven times it is more than the longest.
  const auto doublings = std::min(count - kFreeTries, 7U);
  return std::min(kFirstDelay * (std::int64_t{1} << doublings), kLongestDelay);
}

std::chrono::seconds FailedAttempts::wait(WallTime now) const noexcept {
  const auto free = std::min(last, now) + delay();
  return std::max(free - now, std::chrono::seconds{0});
}

FailedAttempts FailedAttempts::with_one_more(WallTime now) const noexcept {
  return {count == std::numeric_limits<std::uint32_t>::max() ? count : count + 1, now};
}

FailedAttempts FailedAttempts::as_of(WallTime now) const noexcept { return {count, std::min(last, now)}; }

}  // namespace sallyport
