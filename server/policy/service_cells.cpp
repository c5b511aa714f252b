#include "server/policy/service_cells.hpp"

#include <algorithm>
#include <map>

namespace sallyport {
namespace {

/// At `key` a range of `resource` begins, or the last one has just ended.
struct Edge {
  ServiceKey key = 0;
  std::uint32_t resource = 0;
  int change = 0;
};

std::vector<Edge> edges_of(const std::vector<NamedServices>& services) {
  std::vector<Edge> edges;
  edges.reserve(services.size() * 2);
  for (const auto& [range, resource] : services) {
    edges.push_back({range.first, resource, 1});
    edges.push_back({range.last + 1, resource, -1});  // no range ends at the largest number: protocols take eight bits
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.key < b.key; });
  return edges;
}

void append(std::vector<SharedServices>& cells, ServiceRange range, const std::map<std::uint32_t, int>& open) {
  std::vector<std::uint32_t> resources;
  resources.reserve(open.size());
  for (const auto& [resource, ranges] : open) resources.push_back(resource);
  if (resources.empty()) return;
  if (!cells.empty() && cells.back().range.last + 1 == range.first && cells.back().resources == resources)
    cells.back().range.last = range.last;
  else
    cells.push_back(SharedServices{range, std::move(resources)});
}

}  // namespace

std::vector<SharedServices> make_disjoint(const std::vector<NamedServices>& services) {
  const auto edges = edges_of(services);
  std::map<std::uint32_t, int> open;  // how many ranges of a resource cover the current service
  std::vector<SharedServices> cells;
  for (std::size_t i = 0; i < edges.size();) {
    const ServiceKey key = edges[i].key;
    for (; i < edges.size() && edges[i].key == key; ++i) {
      const auto place = open.try_emplace(edges[i].resource, 0).first;
      place->second += edges[i].change;
      if (place->second == 0) open.erase(place);
    }
    if (i < edges.size()) append(cells, ServiceRange{key, edges[i].key - 1}, open);
  }
  return cells;
}

}  // namespace sallyport
