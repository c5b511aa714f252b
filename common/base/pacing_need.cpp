#include "common/base/pacing_need.hpp"

#include "common/base/congestion.hpp"

#include <string>

namespace sallyport {

bool PacingNeed::note(const PathSample& sample, TimePoint now) noexcept {
  const bool is_far = sample.least_rtt == Duration{} || sample.least_rtt >= kFar;
  if (is_far) return true;
  const bool is_first = since_ == TimePoint{};
  if (!is_first && now - since_ < kWindow) return false;
  const std::uint64_t lost = sample.retransmitted - retransmitted_;
  const std::uint64_t sent = sample.sent - sent_;
  since_ = now;
  retransmitted_ = sample.retransmitted;
  sent_ = sample.sent;
  return !is_first && (sample.least_rtt >= kNear || (lost >= kFewestLost && lost * 1000 >= sent));
}

void pace_if_needed(int fd, std::optional<PacingNeed>& need, const PathSample& sample, TimePoint now) noexcept {
  if (!need || !need->note(sample, now)) return;
  need.reset();
  (void)use_congestion(fd, std::string{kUsualCongestion});
}

}  // namespace sallyport
