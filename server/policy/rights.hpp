#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/guard.hpp"
#include "server/policy/rights_table.hpp"

#include <memory>
#include <vector>

namespace sallyport {

/// One policy as it applies to one session for a while: everything but destination and time is already decided.
/// Immutable, safe to share between threads.
class Rights {
 public:
  /// `states` are those of the guards of `table` at `since`.
  Rights(std::shared_ptr<const RightsTable> table, std::vector<GuardState> states, WallTime certificate_expires,
         WallTime since);

  /// Whether they answer for this moment: until the first guard turns. Then Policy::rights_for() makes new ones.
  [[nodiscard]] bool covers(WallTime now) const noexcept { return since_ <= now && now < until_; }

  /// Costs a binary search over addresses and one over ports, whatever the number of rules. Never allocates.
  /// Verdict and reason stay the same until `valid_until`; at a moment that is not covered the answer is no.
  [[nodiscard]] Decision judge(const Destination& destination, WallTime now) const noexcept;

  /// The addresses on which something is allowed and not denied: sorted, merged, disjoint, IPv4 before IPv6.
  [[nodiscard]] std::vector<IpRange> reachable(WallTime now) const;
  /// The same, shared with all sessions of equal rights: calculated once. Never null.
  [[nodiscard]] Routes routes(WallTime now) const;

  /// Until then reachable() keeps its answer. Always later than `now`; kNever: time alone changes nothing.
  [[nodiscard]] WallTime valid_until(WallTime now) const noexcept;

  /// The same rules apply and the same guards are met: these answer as `other` does, if perhaps until another moment.
  [[nodiscard]] bool says_the_same(const Rights& other) const noexcept;

  /// Whether they allow a destination now that `other`, of any policy, does not. Not per packet.
  [[nodiscard]] bool opens_beyond(const Rights& other, WallTime now) const;
  /// Of each guard of table().
  [[nodiscard]] std::vector<bool> met() const;

  /// Shared by all sessions to whom the same rules apply.
  [[nodiscard]] const std::shared_ptr<const RightsTable>& table() const noexcept { return table_; }

 private:
  std::shared_ptr<const RightsTable> table_;
  std::vector<GuardState> states_;
  WallTime certificate_expires_;
  WallTime since_;
  WallTime until_ = kNever;
};

}  // namespace sallyport
