#include "server/policy/analysis/destination_cells.hpp"

#include "server/policy/analysis/address_sweep.hpp"
#include "server/policy/service_cells.hpp"

#include <algorithm>
#include <set>

namespace sallyport {

bool DestinationCells::visit(const std::vector<std::uint32_t>& rules,
                             const std::function<void(const std::vector<std::uint32_t>&)>& show) {
  by_layer_.assign(any_ + 1, {});
  for (const auto rule : rules) {
    for (const auto resource : policy_.rules[rule].resources) by_layer_[resource].push_back(rule);
    if (policy_.rules[rule].to_any) by_layer_[any_].push_back(rule);
  }
  std::vector<LayerStretch> stretches;
  for (std::uint32_t layer = 0; layer < any_; ++layer) {
    if (by_layer_[layer].empty()) continue;
    for (const auto& prefix : policy_.document.resources[layer].prefixes)
      stretches.push_back({stretch_of(prefix), layer});
  }
  if (!by_layer_[any_].empty()) {
    for (const unsigned version : {4U, 6U}) stretches.push_back({all_addresses(version), any_});
  }
  looked_at_ += stretches.size();
  if (looked_at_ > max_stretches_) return false;
  std::set<Layers> known;
  sweep_addresses(stretches, [&](const AddressStretch&, const Layers& layers) {
    if (known.insert(layers).second) visit_address(layers, show);
  });
  return true;
}

void DestinationCells::visit_address(const Layers& layers,
                                     const std::function<void(const std::vector<std::uint32_t>&)>& show) const {
  std::vector<NamedServices> services;
  for (const auto layer : layers) {
    if (layer == any_) {
      services.push_back({kAnyService, layer});
      continue;
    }
    for (const auto& range : policy_.document.resources[layer].services) services.push_back({range, layer});
  }
  for (const auto& cell : make_disjoint(services)) show(rules_at(cell.resources));
}

std::vector<std::uint32_t> DestinationCells::rules_at(const Layers& layers) const {
  std::set<std::uint32_t> rules;
  for (const auto layer : layers) rules.insert(by_layer_[layer].begin(), by_layer_[layer].end());
  return {rules.begin(), rules.end()};
}

}  // namespace sallyport
