#include "client/daemon/refused_routes.hpp"

#include <algorithm>
#include <iterator>

namespace sallyport {
namespace {

std::string to_text(const IpRange& range) {
  return range.first == range.last ? range.first.to_string() : range.first.to_string() + " - " + range.last.to_string();
}

}  // namespace

std::vector<RefusedRoute> refused_routes(std::span<const RefusedRange> ranges) {
  std::vector<RefusedRoute> routes;
  for (const auto& refused : ranges.first(std::min(ranges.size(), kMaxRefusedRoutes)))
    routes.push_back({to_text(refused.range), std::string{describe(refused.refusal)}});
  return routes;
}

std::vector<RefusedRoute> routes_beyond(std::span<const RefusedRoute> known, std::span<const RefusedRoute> routes) {
  std::vector<RefusedRoute> fresh;
  std::copy_if(routes.begin(), routes.end(), std::back_inserter(fresh),
               [&](const auto& route) { return std::find(known.begin(), known.end(), route) == known.end(); });
  return fresh;
}

}  // namespace sallyport
