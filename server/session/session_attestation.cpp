#include "server/policy/posture_needs.hpp"
#include "server/session/session.hpp"

#include <utility>

namespace sallyport {

void Session::challenge(const AttestNonce& nonce, Now now, ByteBuffer& out) {
  if (!has_upgraded() || !attestation_) return;
  keep_rights(now);
  attestation_->challenge(nonce, posture_wants(*policy_, *rights_), now.steady, out);
  attestation_->keep_beat(policy_->smallest_age(*rights_), now.steady);
}

void Session::take_attestation(Bytes payload, Now now, ByteBuffer& out) {
  // What nobody asked for is not worth reading.
  if (!attestation_ || !attestation_->is_open()) return;
  const auto answer = parse_attest_answer(payload);
  if (!answer) {
    end(EndReason::ProtocolViolation, out);
    return;
  }
  auto attested = attestation_->take(*answer, now);
  if (!attested && attested.error() == AttestRefusal::CannotSign) return lose_key(now, out);
  if (!attested) {
    const bool forged = is_forged(attested.error());
    if (forged || recorder_.may_tell(Telling::Question, now.steady)) events_.push_back(AttestRefused{attested.error()});
    if (forged) end(EndReason::AttestationFailed, out);
    return;
  }
  is_verified_ = true;
  // The proof is as old as the question: an answer may have been held back.
  follow_clock(now);
  evidence_.key_proved = attested->asked;
  evidence_.posture = PostureEvidence{std::move(attested->posture), *evidence_.key_proved, {}};
  events_.push_back(EvidenceRenewed{evidence_});
  const auto before = filter_.generation();
  renew_rights(now);
  if (filter_.generation() != before) note_change(CutCause::Posture, now.steady, now.steady);
  // Whoever healed waits for it.
  if (state_ == State::Online && now.wall >= routes_valid_until_) advertise_routes(now, out);
  note_posture(now, out);
  if (state_ == State::Online) advertise_proof(now, out);
  if (attested->proof) offer_proof(std::move(*attested->proof), attested->asked, now, out);
}

/// Nothing proves any more that the key is there. The session stays, and the next good answer brings it back.
void Session::lose_key(Now now, ByteBuffer& out) {
  if (!evidence_.key_proved) return;
  evidence_.key_proved.reset();
  if (recorder_.may_tell(Telling::Question, now.steady)) events_.push_back(AttestRefused{AttestRefusal::CannotSign});
  events_.push_back(EvidenceRenewed{evidence_});
  renew_rights(now);
  if (state_ == State::Online && now.wall >= routes_valid_until_) advertise_routes(now, out);
  note_posture(now, out);
  if (state_ == State::Online) advertise_proof(now, out);
}

}  // namespace sallyport
