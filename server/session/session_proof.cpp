#include "server/policy/proof_need.hpp"
#include "server/session/session.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

void Session::take_proof_request(Bytes payload, Now now, ByteBuffer& out) {
  if (!extensions_.proof || !recorder_.may_read(now.steady)) return;
  const auto wants_challenge = parse_proof_request(payload);
  if (!wants_challenge) {
    end(EndReason::ProtocolViolation, out);
    return;
  }
  if (*wants_challenge) attestation_->hurry(now.steady);
}

/// The signature around it was good. What no rule looks at is not judged: that would spend codes for nothing.
void Session::offer_proof(ProofAttempt attempt, WallTime asked, Now now, ByteBuffer& out) {
  if (!extensions_.proof) return;
  attestation_->calm();
  keep_rights(now);
  if (offered_) return tell_proof({.result = ProofResult::Busy}, asked, out);
  if (!asks_for_proof(*policy_, *rights_)) return tell_proof({.result = ProofResult::NotAsked}, asked, out);
  offered_ = std::min(asked, now.wall);
  events_.push_back(ProofOffered{std::move(attempt), *offered_});
}

void Session::settle_proof(const ProofOutcome& outcome, Now now, ByteBuffer& out) {
  if (!has_upgraded() || !offered_) return;
  follow_clock(now);
  const WallTime asked = *std::exchange(offered_, std::nullopt);
  if (outcome.result == ProofResult::Accepted)
    note_proof(asked, now, out);
  else
    keep_rights(now);
  tell_proof(outcome, asked, out);
}

void Session::note_proof(std::optional<WallTime> proved, Now now, ByteBuffer& out, std::optional<TimePoint> asked) {
  if (state_ == State::Ended) return;
  follow_clock(now);
  evidence_.user_proved = proved;
  events_.push_back(EvidenceRenewed{evidence_});
  const auto before = filter_.generation();
  renew_rights(now);
  if (filter_.generation() != before) note_change(CutCause::Proof, asked.value_or(now.steady), now.steady);
  refresh(now, out);
}

/// Requires rights for this moment.
void Session::tell_proof(const ProofOutcome& outcome, WallTime asked, ByteBuffer& out) {
  ProofVerdict verdict{.verdict = std::string{name_of(outcome.result)}, .words = words_for(outcome)};
  if (outcome.result == ProofResult::Accepted) {
    const WallTime until = proof_holds_until(*policy_, *rights_, asked);
    if (until != kNever) verdict.until = until;
  }
  if (outcome.result == ProofResult::WrongCode) verdict.tries_left = outcome.tries_left;
  if (outcome.wait.count() > 0) verdict.seconds = static_cast<std::uint64_t>(outcome.wait.count());
  append_proof_verdict(out, verdict);
}

void Session::advertise_proof(Now now, ByteBuffer& out) {
  if (!extensions_.proof) return;
  ProofWaiting waiting{waits_for_proof(*policy_, *rights_, evidence_, now.wall)};
  if (waiting.places.size() > kMaxProofPlaces) {
    waiting.left_off = waiting.places.size() - kMaxProofPlaces;
    waiting.places.resize(kMaxProofPlaces);
  }
  if (told_waiting_ == waiting) return;
  append_proof_waiting(out, waiting);
  told_waiting_ = std::move(waiting);
}

}  // namespace sallyport
