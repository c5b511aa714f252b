#include "client/session/stall_watch.hpp"

namespace sallyport {
namespace {

/// Lost by chance, a segment is through by the second time.
constexpr std::uint32_t kRetransmits = 2;
constexpr int kRoundTrips = 4;

}  // namespace

void StallWatch::note_received(TimePoint now) noexcept {
  received_ = now;
  if (!asked_) return arm(now);
  // The answer, or something better; by itself it is no reason to ask again.
  forget_question();
}

/// Does nothing before the handshake is over, which is looked at in any case.
void StallWatch::arm(TimePoint now) noexcept {
  if (is_verified_ && !due_ && !asked_) due_ = now + kSilence;
}

void StallWatch::note_verified() noexcept {
  is_verified_ = true;
  due_.reset();
}

void StallWatch::forget_question() noexcept {
  asked_.reset();
  due_.reset();
}

StallWatch::Finding StallWatch::look(const StreamSample& sample, TimePoint now) noexcept {
  if (!due_ || now < *due_) return Finding::None;
  if (!is_verified_) return look_at_handshake(sample, now);
  if (asked_) {
    due_.reset();
    return Finding::Stalled;
  }
  due_ = received_ + kSilence;
  if (now < *due_) return Finding::None;
  asked_ = now;
  due_ = now + kPatience + sample.round_trip * kRoundTrips;
  return Finding::Ask;
}

StallWatch::Finding StallWatch::look_at_handshake(const StreamSample& sample, TimePoint now) noexcept {
  const bool is_unheard = sample.unacknowledged > 0 && sample.retransmits >= kRetransmits;
  const bool has_hole = sample.out_of_order > 0 && now - received_ >= kHole + sample.round_trip * kRoundTrips;
  const bool is_stalled = is_unheard || has_hole;
  due_ = is_stalled ? std::nullopt : std::optional{now + kBeat};
  return is_stalled ? Finding::Stalled : Finding::None;
}

}  // namespace sallyport
