#include "server/policy/analysis/address_sweep.hpp"

#include <algorithm>
#include <map>

namespace sallyport {
namespace {

/// At `key` a stretch of `layer` begins, or the last one has just ended.
struct Edge {
  AddressKey key;
  std::uint32_t layer = 0;
  int change = 0;
};

std::vector<Edge> edges_of(const std::vector<LayerStretch>& stretches, unsigned version) {
  std::vector<Edge> edges;
  const auto end = all_addresses(version).last;
  for (const auto& [stretch, layer] : stretches) {
    if (stretch.version != version) continue;
    edges.push_back({stretch.first, layer, 1});
    if (stretch.last != end) edges.push_back({stretch.last.next(), layer, -1});
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.key < b.key; });
  return edges;
}

/// How many stretches of each layer are open.
class OpenLayers {
 public:
  void apply(const Edge& edge) {
    const auto place = counts_.try_emplace(edge.layer, 0).first;
    place->second += edge.change;
    if (place->second == 0) counts_.erase(place);
  }
  [[nodiscard]] std::vector<std::uint32_t> list() const {
    std::vector<std::uint32_t> layers;
    layers.reserve(counts_.size());
    for (const auto& [layer, count] : counts_) layers.push_back(layer);
    return layers;
  }

 private:
  std::map<std::uint32_t, int> counts_;
};

}  // namespace

AddressStretch all_addresses(unsigned version) noexcept {
  if (version == 4) return {4, AddressKey{}, AddressKey{0, 0xffffffffU}};
  return {6, AddressKey{}, AddressKey{~std::uint64_t{0}, ~std::uint64_t{0}}};
}

AddressStretch stretch_of(const IpPrefix& prefix) noexcept {
  return {prefix.network().version(), AddressKey::of(prefix.first()), AddressKey::of(prefix.last())};
}

void sweep_addresses(
    const std::vector<LayerStretch>& stretches,
    const std::function<void(const AddressStretch& piece, const std::vector<std::uint32_t>& layers)>& visit) {
  for (const unsigned version : {4U, 6U}) {
    const auto edges = edges_of(stretches, version);
    OpenLayers open;
    auto piece = all_addresses(version);
    const auto end = piece.last;
    std::vector<std::uint32_t> layers;
    for (std::size_t i = 0; i < edges.size();) {
      const auto key = edges[i].key;
      for (; i < edges.size() && edges[i].key == key; ++i) open.apply(edges[i]);
      auto following = open.list();
      if (following == layers) continue;
      if (piece.first < key) visit({version, piece.first, key.previous()}, layers);
      piece.first = key;
      layers = std::move(following);
    }
    visit({version, piece.first, end}, layers);
  }
}

}  // namespace sallyport
