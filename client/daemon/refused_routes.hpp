#pragma once

#include "client/session/route_guard.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace sallyport {

/// A route that the gateway offers and this laptop does not take, in words for its person.
struct RefusedRoute {
  std::string route;  ///< an address, or the first and the last of a range
  std::string reason;
  friend bool operator==(const RefusedRoute&, const RefusedRoute&) = default;
};

/// What a hostile gateway could fill logs and status with.
inline constexpr std::size_t kMaxRefusedRoutes = 32;

/// The first kMaxRefusedRoutes of them.
[[nodiscard]] std::vector<RefusedRoute> refused_routes(std::span<const RefusedRange> ranges);
/// Those of `routes` that are not among `known`: worth a word.
[[nodiscard]] std::vector<RefusedRoute> routes_beyond(std::span<const RefusedRoute> known,
                                                      std::span<const RefusedRoute> routes);

}  // namespace sallyport
