#include "common/queue/overrun_brake.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {
namespace {

constexpr auto kWindow = std::chrono::milliseconds{200};
/// What was seen that long ago says nothing about now.
constexpr auto kStale = std::chrono::seconds{2};
/// After that the path may show what it takes by now.
constexpr auto kTerm = std::chrono::seconds{10};
constexpr double kHeavyLoss = 0.08;
/// In a window. Of fewer packets a few lost ones say nothing.
constexpr double kLeastLost = 16;
/// So much, although the queue had the time to drain, is lost whatever we send.
constexpr double kStrayLoss = 0.004;
constexpr auto kDrained = std::chrono::milliseconds{600};
/// Of what arrives; the rest is for the queue to drain.
constexpr double kShare = 0.95;
/// For each window with a queue, and for each without.
constexpr double kEase = 0.97;
constexpr double kGrow = 1.05;
/// A queue may be another's, who does not give way; and a limit must not become its own reason.
constexpr double kLeastShare = 0.85;

}  // namespace

std::optional<std::uint64_t> OverrunBrake::follow(const PathSample& sample, TimePoint now) noexcept {
  if (since_ != TimePoint{} && now - since_ < kWindow) return std::nullopt;
  const double before = limit_;
  if (since_ != TimePoint{} && now - since_ < kStale) judge(sample, now);
  if (now >= until_) limit_ = 0;
  begin(sample, now);
  if (limit_ == before) return std::nullopt;
  return limit_ == 0 ? kNone : static_cast<std::uint64_t>(limit_);
}

void OverrunBrake::begin(const PathSample& sample, TimePoint now) noexcept {
  since_ = now;
  first_ = sample;
}

void OverrunBrake::judge(const PathSample& sample, TimePoint now) noexcept {
  const std::chrono::duration<double> elapsed = now - since_;
  const auto sent = static_cast<double>(sample.sent - first_.sent);
  const auto lost = static_cast<double>(sample.retransmitted - first_.retransmitted);
  const double rate = static_cast<double>(sample.delivered - first_.delivered) * sample.segment / elapsed.count();
  const bool is_queued = sample.is_queued();
  const bool was_heavy = is_heavy_;
  is_heavy_ = is_queued && rate > 0 && lost >= kLeastLost && lost > kHeavyLoss * sent;
  if (is_heavy_ && was_heavy) return hold(kShare * rate, now);
  if (limit_ == 0) return;
  if (now - (until_ - kTerm) >= kDrained && lost > kStrayLoss * sent) {
    limit_ = 0;
    return;
  }
  if (sample.rtt > sample.least_rtt + sample.least_rtt / 4) limit_ = std::max(least_, kEase * limit_);
  if (!is_queued) limit_ *= kGrow;
}

void OverrunBrake::hold(double rate, TimePoint now) noexcept {
  if (limit_ != 0) {
    limit_ = std::max(least_, std::min(limit_, rate));
    return;
  }
  limit_ = rate;
  least_ = kLeastShare * rate;
  until_ = now + kTerm;
}

}  // namespace sallyport
