#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/policy/address_index.hpp"
#include "server/policy/claim.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/route_cache.hpp"
#include "server/policy/services.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sallyport {

/// Services with one answer.
struct ServiceCell {
  ServiceRange range;
  std::uint32_t first_claim = 0;
  std::uint32_t claim_count = 0;
};

/// What the rules that apply to somebody say: nested prefixes, each with the services that its own resources name.
/// The answer for an address collects the claims of all prefixes around it. Holds no evidence and no time: everybody
/// to whom the same rules apply shares one table, and brings the states of its guards.
class RightsTable {
 public:
  /// Parallel to guards(): what they are for one session at one time.
  using States = std::span<const GuardState>;

  [[nodiscard]] Decision judge(const Destination& destination, States states, WallTime now) const noexcept;
  /// The addresses on which something is allowed and not denied: sorted, merged, disjoint, IPv4 before IPv6.
  [[nodiscard]] std::vector<IpRange> reachable(States states, WallTime now) const;
  /// The same, calculated once for all who ask under equal states between two dates.
  [[nodiscard]] Routes routes(States states, WallTime now) const;
  /// Every claim on one destination, whatever its guard is at present. Not per packet: it allocates.
  [[nodiscard]] std::vector<Claim> claims_on(const Destination& destination) const;
  /// Whether a destination is open here under `states` and not in `other` under `other_states`. Not per packet.
  [[nodiscard]] bool opens_beyond(States states, const RightsTable& other, States other_states, WallTime now) const;
  /// The first date after `now` that is written in a rule; kNever when none is.
  [[nodiscard]] WallTime next_date(WallTime now) const noexcept;

  /// Indices into ResolvedPolicy::guards.
  [[nodiscard]] std::span<const std::uint32_t> guards() const noexcept { return guards_; }
  /// Octets of memory, roughly.
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  friend class RightsCompiler;

  struct Node {
    std::uint32_t parent = AddressIndex::kNothing;  ///< the next wider prefix; its number is always smaller
    std::uint32_t first_cell = 0;
    std::uint32_t cell_count = 0;
  };
  /// One question at one time.
  struct View {
    States states;
    WallTime now;
  };

  [[nodiscard]] std::span<const ServiceCell> cells_of(const Node& node) const noexcept;
  [[nodiscard]] const ServiceCell* find_cell(const Node& node, ServiceKey key) const noexcept;
  [[nodiscard]] std::span<const Claim> claims_of(const ServiceCell& cell) const noexcept;
  /// Whether an enforced rule of this kind speaks about the services of `cell` now.
  [[nodiscard]] bool holds(const ServiceCell& cell, RuleKind kind, const View& view) const noexcept;
  [[nodiscard]] std::optional<ServiceKey> find_undenied(std::uint32_t node, const ServiceRange& range,
                                                        const View& view) const;
  [[nodiscard]] std::optional<ServiceKey> find_open_service(std::uint32_t node, std::uint32_t cells_of,
                                                            const View& view) const;
  [[nodiscard]] bool is_open(std::uint32_t node, ServiceKey key, const View& view) const noexcept;
  void append_turns(std::uint32_t node, std::vector<ServiceKey>& out) const;
  [[nodiscard]] std::vector<bool> open_nodes(const View& view) const;
  void append_open_ranges(const AddressIndex& index, unsigned version, const std::vector<bool>& open,
                          std::vector<IpRange>& out) const;

  DecisionReason otherwise_ = DecisionReason::NoPolicy;  ///< when no rule decides
  AddressIndex v4_;
  AddressIndex v6_;
  std::vector<Node> nodes_;
  std::vector<ServiceCell> cells_;  ///< of each node: sorted, disjoint
  std::vector<Claim> claims_;       ///< of each cell, each kind and guard once
  std::vector<std::uint32_t> guards_;
  std::vector<WallTime> dates_;  ///< sorted: when claims end
  mutable RouteCache route_cache_;
};

}  // namespace sallyport
