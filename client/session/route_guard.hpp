#pragma once

#include "common/ip/address.hpp"
#include "common/wire/route_advertisement.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sallyport {

/// Why a laptop does not send certain addresses into the tunnel, whatever the gateway advertises.
enum class RouteRefusal : std::uint8_t {
  Unspecified,
  Loopback,
  LinkLocal,  ///< with the metadata address 169.254.169.254
  Multicast,
  Reserved,
  MappedIpv4,
  HoldsGateway,
  OutsideAllowList,
  TooBroad,
  TooMany,
};

[[nodiscard]] std::string_view describe(RouteRefusal refusal) noexcept;

struct RouteGuardOptions {
  std::vector<IpPrefix> allow_routes;  ///< of the profile; empty: anything that is not forbidden
  bool allow_default_route = false;
  std::vector<IpAddress>
      gateway_addresses;  ///< outside addresses of the gateway: a route to them would swallow the tunnel
};

struct RefusedRange {
  IpRange range;
  RouteRefusal refusal{};
  friend bool operator==(const RefusedRange&, const RefusedRange&) = default;
};

struct GuardedRoutes {
  std::vector<IpPrefix> accepted;  ///< IPv4 first, sorted, disjoint
  std::vector<RefusedRange> refused;
};

/// More prefixes than this are not installed.
inline constexpr std::size_t kMaxGuardedRoutes = 4096;

/// Turns what the gateway advertises into what this laptop installs. Pure.
///
/// Every advertised address is either in one accepted prefix or in one refused range. In this order are cut out:
/// what `allow_routes` does not hold; unless allow_default_route: contiguous blocks larger than an IPv4 /8 or an IPv6
/// /16, and all that goes beyond 16 times that in sum (so that no number of narrower routes amounts to a default
/// route); forbidden classes; the gateway itself. Protocols of routes are not looked at: the gateway judges packets.
[[nodiscard]] GuardedRoutes guard_routes(std::span<const AdvertisedRoute> advertised, const RouteGuardOptions& options);

}  // namespace sallyport
