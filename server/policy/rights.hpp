#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace sallyport {

class RightsTable;

/// One policy as it applies to one session: everything but destination and time is already decided.
/// Immutable, safe to share between threads.
class Rights {
 public:
  Rights(std::shared_ptr<const RightsTable> table, WallTime certificate_expires) noexcept
      : table_{std::move(table)}, certificate_expires_{certificate_expires} {}

  /// Costs a binary search over addresses and one over ports, whatever the number of rules. Never allocates.
  /// `valid_until` is exactly the second at which verdict, rule or reason change.
  [[nodiscard]] Decision judge(const Destination& destination, WallTime now) const noexcept;

  /// The addresses on which something is allowed and not denied: sorted, merged, disjoint, IPv4 before IPv6.
  [[nodiscard]] std::vector<IpRange> reachable(WallTime now) const;

  /// Until then reachable() keeps its answer. Always later than `now`; kNever: time alone changes nothing.
  [[nodiscard]] WallTime valid_until(WallTime now) const noexcept;

 private:
  std::shared_ptr<const RightsTable> table_;
  WallTime certificate_expires_;
};

}  // namespace sallyport
