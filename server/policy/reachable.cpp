#include "server/policy/rights_table.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

std::vector<IpRange> RightsTable::reachable(States states, WallTime now) const {
  const auto open = open_nodes(View{states, now});
  std::vector<IpRange> ranges;
  append_open_ranges(v4_, 4, open, ranges);
  append_open_ranges(v6_, 6, open, ranges);
  return ranges;
}

Routes RightsTable::routes(States states, WallTime now) const {
  RouteCache::Key key{{}, next_date(now)};
  for (const auto& state : states) key.met.push_back(state.met);
  if (auto known = route_cache_.find(key)) return known;
  auto found = std::make_shared<const std::vector<IpRange>>(reachable(states, now));
  return route_cache_.keep(std::move(key), std::move(found));
}

/// The first service of `range` that nothing around `node` denies.
std::optional<ServiceKey> RightsTable::find_undenied(std::uint32_t node, const ServiceRange& range,
                                                     const View& view) const {
  ServiceKey key = range.first;
  while (true) {
    std::optional<ServiceKey> denied_to;
    for (auto around = node; around != AddressIndex::kNothing; around = nodes_[around].parent) {
      const auto* cell = find_cell(nodes_[around], key);
      if (cell != nullptr && holds(*cell, RuleKind::Deny, view))
        denied_to = std::max(denied_to.value_or(0), cell->range.last);
    }
    if (!denied_to) return key;
    if (*denied_to >= range.last) return std::nullopt;
    key = *denied_to + 1;
  }
}

/// A service that the cells of node `opener` allow and that nothing around `node` denies.
std::optional<ServiceKey> RightsTable::find_open_service(std::uint32_t node, std::uint32_t opener,
                                                         const View& view) const {
  for (const auto& cell : cells_of(nodes_[opener])) {
    if (!holds(cell, RuleKind::Allow, view)) continue;
    if (const auto key = find_undenied(node, cell.range, view)) return key;
  }
  return std::nullopt;
}

/// For each node: whether anything is open between it and the prefixes inside it. A node inherits the open service of
/// its parent unless its own rules deny just that one, so that a thousand hosts in one open network cost little.
std::vector<bool> RightsTable::open_nodes(const View& view) const {
  std::vector<std::optional<ServiceKey>> open_service(nodes_.size());
  std::vector<bool> open(nodes_.size(), false);
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    const auto parent = nodes_[node].parent;
    auto& service = open_service[node];
    if (parent != AddressIndex::kNothing) service = open_service[parent];
    const bool inherited = service.has_value();
    const auto* cell = inherited ? find_cell(nodes_[node], *service) : nullptr;
    if (cell != nullptr && holds(*cell, RuleKind::Deny, view)) service.reset();
    if (!service) service = find_open_service(node, node, view);
    // Where the parent is closed it stays closed inside: only a service just lost is worth searching further out.
    for (auto around = parent; inherited && !service && around != AddressIndex::kNothing;
         around = nodes_[around].parent) {
      service = find_open_service(node, around, view);
    }
    open[node] = service.has_value();
  }
  return open;
}

void RightsTable::append_open_ranges(const AddressIndex& index, unsigned version, const std::vector<bool>& open,
                                     std::vector<IpRange>& out) const {
  const AddressKey end = version == 4 ? AddressKey{0, 0xffffffffU} : AddressKey{~std::uint64_t{0}, ~std::uint64_t{0}};
  bool extends = false;  // the segment before was open too
  for (std::size_t i = 0; i < index.size(); ++i) {
    const auto node = index.node(i);
    const bool is_open = node != AddressIndex::kNothing && open[node];
    const AddressKey last = i + 1 < index.size() ? index.start(i + 1).previous() : end;
    if (is_open && extends)
      out.back().last = last.to_address(version);
    else if (is_open)
      out.push_back(IpRange{index.start(i).to_address(version), last.to_address(version)});
    extends = is_open;
  }
}

}  // namespace sallyport
