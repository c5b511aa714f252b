#include "server/policy/claim.hpp"

namespace sallyport {

Decision Tally::decide(DecisionReason otherwise) const noexcept {
  const BestClaim& denies = deny().enforced;
  const BestClaim& allows = allow().enforced;
  if (denies.found()) {
    return Decision{Verdict::Deny, denies.rule, denies.holds_until, DecisionReason::DeniedByRule, kNoRule};
  }
  if (allows.found()) {
    return Decision{Verdict::Allow, allows.rule, std::min(allows.holds_until, deny().may_start),
                    DecisionReason::Allowed, deny().shadow.rule};
  }
  const RuleIndex shadow = deny().shadow.found() ? kNoRule : allow().shadow.rule;
  return Decision{Verdict::Deny, kNoRule, std::min(allow().may_start, deny().may_start), otherwise, shadow};
}

}  // namespace sallyport
