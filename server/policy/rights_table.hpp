#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/policy/address_index.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/services.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sallyport {

/// "This rule says so until then." A default claim never holds.
struct Claim {
  WallTime until = WallTime::min();
  RuleIndex rule = kNoRule;

  [[nodiscard]] bool holds(WallTime now) const noexcept { return now < until; }
  /// Of two rules that say the same, the one that says it longest decides; then the first in the order of rules.
  [[nodiscard]] bool is_better_than(const Claim& other) const noexcept {
    return until != other.until ? until > other.until : rule < other.rule;
  }
  void improve(const Claim& other) noexcept {
    if (other.is_better_than(*this)) *this = other;
  }
};

/// Services with one answer. Conditions only ever stop to hold with time, so the longest claim of each kind is enough.
struct ServiceCell {
  ServiceRange range;
  Claim allow;
  Claim deny;
};

/// What the rules of a policy say to one set of evidence: nested prefixes, each with the services that its own
/// resources name. The answer for an address collects the claims of all prefixes around it.
class RightsTable {
 public:
  [[nodiscard]] Decision judge(const Destination& destination, WallTime now) const noexcept;
  [[nodiscard]] std::vector<IpRange> reachable(WallTime now) const;
  /// The first time after `now` at which a claim ends; kNever when none does.
  [[nodiscard]] WallTime next_change(WallTime now) const noexcept;

 private:
  friend class RightsCompiler;

  struct Node {
    std::uint32_t parent = AddressIndex::kNothing;  ///< the next wider prefix; its number is always smaller
    std::uint32_t first_cell = 0;
    std::uint32_t cell_count = 0;
  };
  struct Claims {
    Claim allow;
    Claim deny;
  };

  [[nodiscard]] std::span<const ServiceCell> cells_of(const Node& node) const noexcept;
  [[nodiscard]] const ServiceCell* find_cell(const Node& node, ServiceKey key) const noexcept;
  [[nodiscard]] Claims claims_on(std::uint32_t node, ServiceKey key) const noexcept;
  [[nodiscard]] std::optional<ServiceKey> find_undenied(std::uint32_t node, const ServiceRange& range,
                                                        WallTime now) const;
  [[nodiscard]] std::optional<ServiceKey> find_open_service(std::uint32_t node, std::uint32_t cells_of,
                                                            WallTime now) const;
  [[nodiscard]] std::vector<bool> open_nodes(WallTime now) const;
  void append_open_ranges(const AddressIndex& index, unsigned version, const std::vector<bool>& open,
                          std::vector<IpRange>& out) const;

  DecisionReason otherwise_ = DecisionReason::NoPolicy;  ///< when no rule decides
  AddressIndex v4_;
  AddressIndex v6_;
  std::vector<Node> nodes_;
  std::vector<ServiceCell> cells_;  ///< of each node: sorted, disjoint
  std::vector<WallTime> changes_;   ///< sorted: when claims end
};

}  // namespace sallyport
