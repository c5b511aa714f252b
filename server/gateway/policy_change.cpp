#include "server/gateway/policy_change.hpp"

namespace sallyport {

std::string_view name_of(PolicyRefusalReason reason) noexcept {
  switch (reason) {
    case PolicyRefusalReason::Busy:
      return "busy";
    case PolicyRefusalReason::AwaitingConfirmation:
      return "awaiting_confirmation";
    case PolicyRefusalReason::NothingOnTrial:
      return "nothing_on_trial";
    case PolicyRefusalReason::NotOnTrial:
      return "not_on_trial";
    case PolicyRefusalReason::BadPolicy:
      return "bad_policy";
    case PolicyRefusalReason::TooManyCut:
      return "too_many_cut";
    case PolicyRefusalReason::NoSuchVersion:
      return "no_such_version";
    case PolicyRefusalReason::RunsAlready:
      return "runs_already";
    case PolicyRefusalReason::HistoryUnwritable:
      return "history_unwritable";
    case PolicyRefusalReason::AuditUnwritable:
      return "audit_unwritable";
  }
  return "unknown";
}

std::string_view name_of(ReloadedPolicy result) noexcept {
  switch (result) {
    case ReloadedPolicy::InForce:
      return "in_force";
    case ReloadedPolicy::Held:
      return "held";
    case ReloadedPolicy::AwaitingConfirmation:
      return "awaiting_confirmation";
    case ReloadedPolicy::Busy:
      return "busy";
    case ReloadedPolicy::HalfInstalled:
      return "half_installed";
    case ReloadedPolicy::Unaudited:
      return "audit_unwritable";
  }
  return "unknown";
}

PolicyRefusal unaudited() {
  return {.reason = PolicyRefusalReason::AuditUnwritable,
          .words = "the change cannot be written to the audit file, so nothing has changed",
          .hint = "make room for it; see: journalctl -u sallyport-gateway"};
}

}  // namespace sallyport
