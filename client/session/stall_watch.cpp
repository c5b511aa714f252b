#include "client/session/stall_watch.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// Lost by chance, a hello is through by the second time.
constexpr std::uint32_t kHelloRetransmits = 2;
/// The waits between them double: with a short round trip that is 1.4 s and more, and a pause of 1 s is over by then.
constexpr std::uint32_t kRetransmits = 3;
/// Where a system waits for so long before it sends something again, as many take 2.4 s and more, and the connections
/// inside then wait for as long once more: so long after the question fewer do.
constexpr Duration kLongWait = std::chrono::milliseconds{300};
constexpr std::uint32_t kFewRetransmits = 2;
constexpr Duration kLong = std::chrono::milliseconds{1500};
constexpr int kRoundTrips = 4;
/// Of Linux (TCP_RTO_MIN): what it adds to a round trip at least before it sends again.
constexpr Duration kLeastResend = std::chrono::milliseconds{200};

/// How long a system waits before it sends something again (RFC 6298).
Duration resend_after(const StreamSample& sample) noexcept {
  return sample.round_trip + std::max(kLeastResend, sample.variation * 4);
}

/// An answer that is lost twice is there by then.
Duration patience_for(const StreamSample& sample) noexcept {
  return std::max(StallWatch::kPatience, resend_after(sample) * 5 / 2);
}

}  // namespace

void StallWatch::note_received(TimePoint now) noexcept {
  received_ = now;
  if (!asked_) return arm(now);
  // The answer, or something better; by itself it is no reason to ask again.
  forget_question();
}

/// Does nothing before the session, which is looked at in any case until then.
void StallWatch::arm(TimePoint now) noexcept {
  if (is_online() && !due_ && !asked_) due_ = now + kSilence;
}

void StallWatch::note_online() noexcept {
  if (is_online()) return;
  stage_ = Stage::Session;
  due_.reset();
}

void StallWatch::forget_question() noexcept {
  asked_.reset();
  due_.reset();
}

StallWatch::Finding StallWatch::look(const StreamSample& sample, TimePoint now) noexcept {
  if (!due_ || now < *due_) return Finding::None;
  if (!is_online()) return look_at_beginning(sample, now);
  return asked_ ? await(sample, now) : ask(sample, now);
}

StallWatch::Finding StallWatch::look_at_beginning(const StreamSample& sample, TimePoint now) noexcept {
  const bool is_handshake = stage_ == Stage::Handshake;
  const bool is_unheard =
      sample.unacknowledged > 0 && sample.retransmits >= (is_handshake ? kHelloRetransmits : kRetransmits);
  const bool has_hole =
      is_handshake && sample.out_of_order > 0 && now - received_ >= kHole + sample.round_trip * kRoundTrips;
  const bool is_stalled = is_unheard || has_hole;
  due_ = is_stalled ? std::nullopt : std::optional{now + kBeat};
  return is_stalled ? Finding::Stalled : Finding::None;
}

StallWatch::Finding StallWatch::ask(const StreamSample& sample, TimePoint now) noexcept {
  due_ = received_ + kSilence + sample.round_trip;
  if (now < *due_) return Finding::None;
  asked_ = moved_ = now;
  resent_ = now;
  acknowledged_ = sample.acknowledged;
  retransmits_ = sample.retransmits;
  through_.reset();
  was_stuck_ = false;
  due_ = now + kBeat;
  return Finding::Ask;
}

/// Stalled by two looks only: what lies in the socket of a busy laptop is read between them.
StallWatch::Finding StallWatch::await(const StreamSample& sample, TimePoint now) noexcept {
  follow(sample, now);
  const bool is_stuck = this->is_stuck(sample, now);
  if (is_stuck && was_stuck_) {
    due_.reset();
    return Finding::Stalled;
  }
  was_stuck_ = is_stuck;
  due_ = now + kBeat;
  return Finding::None;
}

void StallWatch::follow(const StreamSample& sample, TimePoint now) noexcept {
  const bool has_moved = sample.acknowledged != acknowledged_;
  acknowledged_ = sample.acknowledged;
  if (has_moved) moved_ = now;
  if (sample.retransmits > retransmits_) resent_ = now;
  retransmits_ = sample.retransmits;
  if (!through_ && (has_moved || sample.unacknowledged == 0)) through_ = now;
}

/// An acknowledgement of the last try has its time.
bool StallWatch::is_unheard(const StreamSample& sample, TimePoint now) const noexcept {
  if (sample.unacknowledged == 0 || now - resent_ < sample.round_trip + sample.variation) return false;
  if (sample.retransmits >= kRetransmits) return true;
  return sample.retransmits >= kFewRetransmits && resend_after(sample) >= kLongWait && now - *asked_ >= kLong;
}

bool StallWatch::is_stuck(const StreamSample& sample, TimePoint now) const noexcept {
  const Duration patience = patience_for(sample);
  if (is_unheard(sample, now) && now - moved_ >= patience) return true;
  if (!through_) return false;
  // Where the way was gone until then, the gateway's system tries again after as long at most. The question itself may
  // still wait behind other octets.
  const Duration due = std::max(patience, *through_ - *asked_);
  return now - *through_ >= (sample.unacknowledged > 0 ? due * 2 : due);
}

}  // namespace sallyport
