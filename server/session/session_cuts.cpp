#include "server/policy/employee_reason.hpp"
#include "server/session/session.hpp"

namespace sallyport {
namespace {

/// Kept for one call of take_cuts(): figures are drawn from a sample, and nobody may fill memory with it.
constexpr std::size_t kMostCuts = 256;

}  // namespace

void Session::note_replaced(TimePoint asked, TimePoint effect) noexcept {
  if (!grant_.own_policy) note_change(CutCause::Policy, asked, effect);
}

void Session::note_change(CutCause cause, TimePoint asked, TimePoint effect) noexcept {
  change_ = Change{{cause, asked}, effect, filter_.generation()};
}

void Session::note_cut(const Flow& flow, const Decision& decision, Now now) {
  if (cuts_.size() >= kMostCuts) return;
  if (change_ && change_->generation > flow.generation) {
    cuts_.push_back({change_->origin.cause, change_->origin.asked, {}, change_->effect, flow.last_seen});
  } else if (const auto cause = lapse_of(flow, decision, now)) {
    cuts_.push_back({*cause, std::nullopt, flow.valid_until, {}, flow.last_seen});
  }
}

/// What was good until now and is not any more; nullopt: nothing that anybody does or proves, such as the hour.
std::optional<CutCause> Session::lapse_of(const Flow& flow, const Decision& decision, Now now) const {
  if (now.wall < flow.valid_until) return std::nullopt;
  if (decision.reason == DecisionReason::CertificateExpired) return CutCause::CertificateEnd;
  if (!rights_) return std::nullopt;
  const auto reason = employee_reason(*policy_, *rights_, evidence_, flow.key.destination(), decision, now.wall);
  if (reason.reason_class == "sign_in_needed") return CutCause::Proof;
  if (reason.reason_class == "posture") return CutCause::Posture;
  return std::nullopt;
}

}  // namespace sallyport
