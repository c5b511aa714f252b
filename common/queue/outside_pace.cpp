#include "common/queue/outside_pace.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// How long what the kernel holds may take to leave: a quarter of the way there and back, which nobody feels; but five
/// milliseconds, or as long as a shorter way takes.
constexpr auto kLeastHeld = std::chrono::milliseconds{1};
constexpr auto kUsualHeld = std::chrono::milliseconds{5};
constexpr auto kNear = std::chrono::milliseconds{1};
constexpr auto kMostHeld = std::chrono::milliseconds{25};
constexpr auto kMostHeldForLoss = std::chrono::milliseconds{100};
constexpr auto kBatch = std::chrono::microseconds{2500};
constexpr auto kPiece = std::chrono::milliseconds{1};
/// How long a path that lost something counts as one that does.
constexpr auto kLossy = std::chrono::milliseconds{500};
/// Four in a round trip, and eight in one with a repair: from nine late ones on a sender's slow start ends.
constexpr int kAcksInRoundTrip = 4;
constexpr auto kMostAckGap = std::chrono::milliseconds{50};
/// Timers count whole milliseconds: they would make a shorter gap another one.
constexpr auto kLeastAckGap = std::chrono::milliseconds{2};
constexpr std::size_t kLeastBatch = 8U << 10U;
constexpr std::size_t kMostBatch = 64U << 10U;
constexpr std::size_t kLeastPiece = 1500;
constexpr auto kLeastTarget = std::chrono::milliseconds{5};
constexpr auto kLeastInterval = std::chrono::milliseconds{100};

std::size_t octets_in(Duration time, double rate) noexcept {
  return static_cast<std::size_t>(rate * std::chrono::duration<double>{time}.count());
}

}  // namespace

bool OutsidePace::note(std::size_t octets, TimePoint now) noexcept {
  octets_ += octets;
  return octets != 0 && is_due(now);
}

std::optional<std::size_t> OutsidePace::adapt(const std::optional<PathSample>& sample, TimePoint now) noexcept {
  const std::chrono::duration<double> elapsed = now - since_;
  const double passed = static_cast<double>(octets_) / elapsed.count();
  octets_ = 0;
  since_ = now;
  if (!sample) return std::nullopt;
  follow_losses(*sample, now);
  const std::size_t before = unsent_;
  is_lossy_ = !sample->is_queued() && now < lossy_until_;
  follow(std::max(passed, sample->rate), *sample);
  // Rates waver; a quarter more or less is the same.
  if (unsent_ <= before + before / 4 && unsent_ + before / 4 >= before) {
    unsent_ = before;
    return std::nullopt;
  }
  return unsent_;
}

/// What a full queue on the way drops is no reason to let more wait here, nor to keep from a sender that there is one.
void OutsidePace::follow_losses(const PathSample& sample, TimePoint now) noexcept {
  const bool has_lost = sample.retransmitted > retransmitted_;
  const bool has_missed = sample.disordered > disordered_;
  retransmitted_ = sample.retransmitted;
  disordered_ = sample.disordered;
  ack_gap_ = {};
  if (sample.is_queued()) return;
  if (has_lost) lossy_until_ = now + kLossy;
  if (has_lost || has_missed) sparing_until_ = now + kLossy;
  const Duration gap = sample.least_rtt / kAcksInRoundTrip;
  if (now < sparing_until_ && gap >= kLeastAckGap) ack_gap_ = std::min<Duration>(gap, kMostAckGap);
}

void OutsidePace::follow(double rate, const PathSample& sample) noexcept {
  const bool is_known = sample.least_rtt != Duration{};
  const Duration usual = is_known ? std::clamp<Duration>(sample.least_rtt, kLeastHeld, kUsualHeld) : kUsualHeld;
  const Duration held = is_lossy_ ? std::clamp<Duration>(sample.rtt, kUsualHeld, kMostHeldForLoss)
                                  : std::clamp<Duration>(sample.least_rtt / 4, usual, kMostHeld);
  // While a flow begins, more of it comes each round trip, and BBR sends as much more as it hopes for.
  const double leaving = is_lossy_ ? std::max(rate, sample.pacing) : rate;
  const std::size_t most = is_known && sample.least_rtt < kNear ? kMostUnsentNear : kMostUnsent;
  unsent_ = std::clamp(octets_in(held, leaving), kLeastUnsent, most);
  batch_ = std::clamp(octets_in(kBatch, rate), kLeastBatch, kMostBatch);
  piece_ = std::clamp(octets_in(kPiece, rate), kLeastPiece, kMostBatch);
  codel_ = {std::max<Duration>(kLeastTarget, sample.rtt / 2), std::max<Duration>(kLeastInterval, 2 * sample.rtt)};
}

}  // namespace sallyport
