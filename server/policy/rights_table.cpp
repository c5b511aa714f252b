#include "server/policy/rights_table.hpp"

#include <algorithm>

namespace sallyport {

Decision RightsTable::judge(const Destination& destination, States states, WallTime now) const noexcept {
  const auto& index = destination.address.is_v4() ? v4_ : v6_;
  const ServiceKey key = service_key(destination);
  Tally tally{now};
  for (auto node = index.find(AddressKey::of(destination.address)); node != AddressIndex::kNothing;
       node = nodes_[node].parent) {
    const auto* cell = find_cell(nodes_[node], key);
    if (cell == nullptr) continue;
    for (const auto& claim : claims_of(*cell)) tally.add(claim, states[claim.guard]);
  }
  return tally.decide(otherwise_);
}

std::vector<Claim> RightsTable::claims_on(const Destination& destination) const {
  const auto& index = destination.address.is_v4() ? v4_ : v6_;
  const ServiceKey key = service_key(destination);
  std::vector<Claim> claims;
  for (auto node = index.find(AddressKey::of(destination.address)); node != AddressIndex::kNothing;
       node = nodes_[node].parent) {
    const auto* cell = find_cell(nodes_[node], key);
    if (cell == nullptr) continue;
    const auto found = claims_of(*cell);
    claims.insert(claims.end(), found.begin(), found.end());
  }
  return claims;
}

WallTime RightsTable::next_date(WallTime now) const noexcept {
  const auto next = std::upper_bound(dates_.begin(), dates_.end(), now);
  return next == dates_.end() ? kNever : *next;
}

std::size_t RightsTable::size() const noexcept {
  return sizeof(*this) + nodes_.capacity() * sizeof(Node) + cells_.capacity() * sizeof(ServiceCell) +
         claims_.capacity() * sizeof(Claim) + guards_.capacity() * sizeof(std::uint32_t) +
         dates_.capacity() * sizeof(WallTime) +
         (v4_.size() + v6_.size()) * (sizeof(AddressKey) + sizeof(std::uint32_t));
}

std::span<const ServiceCell> RightsTable::cells_of(const Node& node) const noexcept {
  return std::span{cells_}.subspan(node.first_cell, node.cell_count);
}

std::span<const Claim> RightsTable::claims_of(const ServiceCell& cell) const noexcept {
  return std::span{claims_}.subspan(cell.first_claim, cell.claim_count);
}

const ServiceCell* RightsTable::find_cell(const Node& node, ServiceKey key) const noexcept {
  const auto cells = cells_of(node);
  const auto found = std::lower_bound(cells.begin(), cells.end(), key,
                                      [](const ServiceCell& cell, ServiceKey k) { return cell.range.last < k; });
  return found != cells.end() && found->range.contains(key) ? &*found : nullptr;
}

bool RightsTable::holds(const ServiceCell& cell, RuleKind kind, const View& view) const noexcept {
  const auto claims = claims_of(cell);
  return std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
    return claim.kind == kind && !claim.in_shadow && view.now < claim.until && view.states[claim.guard].met;
  });
}

}  // namespace sallyport
