#include "common/base/pacing_need.hpp"

#include "common/base/congestion.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace sallyport {

bool PacingNeed::note(const PathSample& sample, TimePoint now) noexcept {
  const bool is_far = sample.least_rtt == Duration{} || sample.least_rtt >= kFar;
  if (is_far) return true;
  const bool is_first = since_ == TimePoint{};
  if (!is_first && now - since_ < kWindow) return false;
  const std::uint64_t lost = sample.retransmitted - retransmitted_;
  const std::uint64_t sent = sample.sent - sent_;
  const Duration elapsed = now - since_;
  since_ = now;
  retransmitted_ = sample.retransmitted;
  sent_ = sample.sent;
  if (is_first) return false;
  const bool is_lossy = lost >= kFewestLost && lost * 1000 >= sent;
  return stands(sample, sent, elapsed) || is_lossy || sample.least_rtt >= kNear;
}

/// What is sent in a round trip is under way.
bool PacingNeed::stands(const PathSample& sample, std::uint64_t sent, Duration elapsed) noexcept {
  const std::chrono::duration<double> rtt = sample.rtt;
  const double under_way = static_cast<double>(sent) * (rtt / elapsed);
  const bool is_queued = sample.rtt >= kFar && under_way >= kFewestQueued;
  return std::exchange(was_queued_, is_queued) && is_queued;
}

void pace_if_needed(int fd, std::optional<PacingNeed>& need, const PathSample& sample, TimePoint now) noexcept {
  if (!need || !need->note(sample, now)) return;
  if (use_congestion(fd, std::string{kUsualCongestion})) need.reset();
}

}  // namespace sallyport
