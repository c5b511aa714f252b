#include "server/policy/decision.hpp"

namespace sallyport {

std::string_view name_of(DecisionReason reason) noexcept {
  switch (reason) {
    case DecisionReason::NoPolicy:
      return "no_policy";
    case DecisionReason::NoRule:
      return "no_rule";
    case DecisionReason::DeniedByRule:
      return "denied_by_rule";
    case DecisionReason::Allowed:
      return "allowed";
    case DecisionReason::CertificateExpired:
      return "certificate_expired";
    case DecisionReason::RightsOutdated:
      return "rights_outdated";
  }
  return "invalid";
}

std::string_view describe(DecisionReason reason) noexcept {
  switch (reason) {
    case DecisionReason::NoPolicy:
      return "no policy is loaded, or it holds no rule; everything is denied";
    case DecisionReason::NoRule:
      return "no allow rule matches";
    case DecisionReason::DeniedByRule:
      return "a deny rule matches, and deny always wins";
    case DecisionReason::Allowed:
      return "an allow rule matches and no deny rule does";
    case DecisionReason::CertificateExpired:
      return "the device certificate has expired";
    case DecisionReason::RightsOutdated:
      return "the clock has moved past what is known of this session; the next packet is judged afresh";
  }
  return "invalid reason";
}

std::string_view name_of(Verdict verdict) noexcept { return verdict == Verdict::Allow ? "allow" : "deny"; }

EmployeeReason employee_reason(const Decision& decision) noexcept {
  // Whether a deny rule exists is itself a rule's content, so both kinds of no are one.
  constexpr EmployeeReason kNotPermitted{"not_allowed",
                                         "You are not permitted to reach this destination with this device now. "
                                         "If you need it, give your administrator the reference code."};
  switch (decision.reason) {
    case DecisionReason::NoPolicy:
      return {"policy_unavailable",
              "The gateway permits nothing to anyone at the moment. Your administrator can put this right."};
    case DecisionReason::NoRule:
    case DecisionReason::DeniedByRule:
    case DecisionReason::RightsOutdated:
      return kNotPermitted;
    case DecisionReason::Allowed:
      return {"allowed", "You can reach this destination."};
    case DecisionReason::CertificateExpired:
      return {"certificate_expired",
              "The certificate of this device has expired. Ask your administrator to enrol the device again."};
  }
  return kNotPermitted;
}

}  // namespace sallyport
