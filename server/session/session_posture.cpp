#include "common/wire/posture_request.hpp"
#include "server/policy/posture_needs.hpp"
#include "server/session/session.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// In one record; a policy with more in one person's reach is none that people write.
constexpr std::size_t kMaxChanges = 64;

}  // namespace

/// What says nothing new is not read: a laptop that says it without end costs next to nothing.
void Session::take_posture_request(Bytes payload, Now now, ByteBuffer& out) {
  if (!attestation_) return;
  ++changes_told_.heard;
  if (attestation_->owes_change()) {
    ++changes_told_.held_back;
    return;
  }
  if (!recorder_.may_read(now.steady)) return;
  const auto wants_challenge = parse_posture_request(payload);
  if (!wants_challenge) {
    end(EndReason::ProtocolViolation, out);
    return;
  }
  if (!*wants_challenge) return;
  attestation_->note_change(now.steady);
  if (!attestation_->is_due(now.steady)) ++changes_told_.held_back;
}

void Session::note_posture(Now now, ByteBuffer& out) {
  note_verdicts(now);
  auto standing = posture_standing(*policy_, evidence_, now.wall);
  if (told_standing_ == standing) return;
  append_posture_standing(out, standing);
  told_standing_ = std::move(standing);
}

void Session::note_verdicts(Now now) {
  const auto verdicts = posture_verdicts(*policy_, *rights_, evidence_, now.wall);
  std::erase_if(posture_, [&](const auto& told) { return !verdicts.contains(told.first); });
  PostureChanged changed;
  for (const auto& [check, state] : verdicts) {
    const auto told = posture_.find(check);
    const auto was = told == posture_.end() ? PostureState::Unknown : told->second;
    if (was != state && changed.checks.size() < kMaxChanges) changed.checks.emplace_back(check, state);
  }
  // What is not told now is still another verdict than the last one told, next time.
  if (changed.checks.empty() || !recorder_.may_tell_posture(now.steady)) return;
  for (const auto& [check, state] : changed.checks) posture_[check] = state;
  events_.push_back(std::move(changed));
}

}  // namespace sallyport
