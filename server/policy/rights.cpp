#include "server/policy/rights.hpp"

#include "server/policy/rights_table.hpp"

#include <algorithm>

namespace sallyport {

Decision Rights::judge(const Destination& destination, WallTime now) const noexcept {
  if (now >= certificate_expires_) return Decision{Verdict::Deny, kNoRule, kNever, DecisionReason::CertificateExpired};
  Decision decision = table_->judge(destination, now);
  decision.valid_until = std::min(decision.valid_until, certificate_expires_);
  return decision;
}

std::vector<IpRange> Rights::reachable(WallTime now) const {
  if (now >= certificate_expires_) return {};
  return table_->reachable(now);
}

WallTime Rights::valid_until(WallTime now) const noexcept {
  if (now >= certificate_expires_) return kNever;
  return std::min(table_->next_change(now), certificate_expires_);
}

}  // namespace sallyport
