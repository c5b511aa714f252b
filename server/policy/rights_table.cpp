#include "server/policy/rights_table.hpp"

#include <algorithm>

namespace sallyport {

Decision RightsTable::judge(const Destination& destination, WallTime now) const noexcept {
  const auto& index = destination.address.is_v4() ? v4_ : v6_;
  const auto claims = claims_on(index.find(AddressKey::of(destination.address)), service_key(destination));
  if (claims.deny.holds(now)) {
    return Decision{Verdict::Deny, claims.deny.rule, claims.deny.until, DecisionReason::DeniedByRule};
  }
  if (claims.allow.holds(now)) {
    return Decision{Verdict::Allow, claims.allow.rule, claims.allow.until, DecisionReason::Allowed};
  }
  return Decision{Verdict::Deny, kNoRule, kNever, otherwise_};
}

WallTime RightsTable::next_change(WallTime now) const noexcept {
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), now);
  return next == changes_.end() ? kNever : *next;
}

std::span<const ServiceCell> RightsTable::cells_of(const Node& node) const noexcept {
  return std::span{cells_}.subspan(node.first_cell, node.cell_count);
}

const ServiceCell* RightsTable::find_cell(const Node& node, ServiceKey key) const noexcept {
  const auto cells = cells_of(node);
  const auto found = std::lower_bound(cells.begin(), cells.end(), key,
                                      [](const ServiceCell& cell, ServiceKey k) { return cell.range.last < k; });
  return found != cells.end() && found->range.contains(key) ? &*found : nullptr;
}

RightsTable::Claims RightsTable::claims_on(std::uint32_t node, ServiceKey key) const noexcept {
  Claims claims;
  for (; node != AddressIndex::kNothing; node = nodes_[node].parent) {
    const auto* cell = find_cell(nodes_[node], key);
    if (cell == nullptr) continue;
    claims.allow.improve(cell->allow);
    claims.deny.improve(cell->deny);
  }
  return claims;
}

}  // namespace sallyport
