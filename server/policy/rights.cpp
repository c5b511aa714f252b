#include "server/policy/rights.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

Rights::Rights(std::shared_ptr<const RightsTable> table, std::vector<GuardState> states, WallTime certificate_expires,
               WallTime since)
    : table_{std::move(table)}, states_{std::move(states)}, certificate_expires_{certificate_expires}, since_{since} {
  for (const auto& state : states_) until_ = std::min(until_, state.until);
}

Decision Rights::judge(const Destination& destination, WallTime now) const noexcept {
  if (now >= certificate_expires_) return Decision{.valid_until = kNever, .reason = DecisionReason::CertificateExpired};
  if (!covers(now)) return Decision{.reason = DecisionReason::RightsOutdated};
  Decision decision = table_->judge(destination, states_, now);
  decision.valid_until = std::min(decision.valid_until, certificate_expires_);
  return decision;
}

std::vector<IpRange> Rights::reachable(WallTime now) const {
  if (now >= certificate_expires_ || !covers(now)) return {};
  return table_->reachable(states_, now);
}

Routes Rights::routes(WallTime now) const {
  if (now >= certificate_expires_ || !covers(now)) return std::make_shared<const std::vector<IpRange>>();
  return table_->routes(states_, now);
}

WallTime Rights::valid_until(WallTime now) const noexcept {
  if (now >= certificate_expires_ || !covers(now)) return kNever;
  return std::min({table_->next_date(now), until_, certificate_expires_});
}

bool Rights::says_the_same(const Rights& other) const noexcept {
  return table_ == other.table_ && certificate_expires_ == other.certificate_expires_ &&
         std::equal(states_.begin(), states_.end(), other.states_.begin(), other.states_.end(),
                    [](const GuardState& a, const GuardState& b) { return a.met == b.met; });
}

}  // namespace sallyport
