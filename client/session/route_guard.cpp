#include "client/session/route_guard.hpp"

#include "client/session/address_interval.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

struct ForbiddenBlock {
  std::string_view prefix;
  RouteRefusal refusal;
};

constexpr ForbiddenBlock kForbidden[] = {
    {"0.0.0.0/8", RouteRefusal::Unspecified},    {"127.0.0.0/8", RouteRefusal::Loopback},
    {"169.254.0.0/16", RouteRefusal::LinkLocal}, {"224.0.0.0/4", RouteRefusal::Multicast},
    {"240.0.0.0/4", RouteRefusal::Reserved},     {"::/128", RouteRefusal::Unspecified},
    {"::1/128", RouteRefusal::Loopback},         {"fe80::/10", RouteRefusal::LinkLocal},
    {"ff00::/8", RouteRefusal::Multicast},
};

/// ::ffff:0:0/96, which has no text form here: mapped addresses are not parsed.
AddressInterval mapped_block() {
  const AddressNumber first = AddressNumber{0xffff} << 32U;
  return {first, first + 0xffffffffU};
}

/// The widest block that is no default route in disguise: /8 or /16.
AddressNumber broad_size(unsigned version) { return AddressNumber{1} << (version == 4 ? 24U : 112U); }
constexpr unsigned kBroadBlocksInSum = 16;

/// Guards one family: `rest` shrinks with every cut.
class FamilyGuard {
 public:
  FamilyGuard(unsigned version, GuardedRoutes& result) : version_{version}, result_{result} {}

  void advertise(std::span<const AdvertisedRoute> routes) {
    std::vector<AddressInterval> intervals;
    for (const AdvertisedRoute& route : routes) {
      if (route.range.first.version() == version_) intervals.push_back(interval_of(route.range));
    }
    rest_ = merged(std::move(intervals));
  }

  void keep_allowed(const std::vector<IpPrefix>& allow) {
    if (allow.empty()) return;
    std::vector<AddressInterval> intervals;
    for (const IpPrefix& prefix : allow) {
      if (prefix.network().version() == version_) intervals.push_back(interval_of(prefix));
    }
    const IntervalSet allowed = merged(std::move(intervals));
    refuse(difference(rest_, allowed), RouteRefusal::OutsideAllowList);
    rest_ = intersection(rest_, allowed);
  }

  void cut_broad() {
    IntervalSet kept;
    AddressNumber budget = broad_size(version_) * kBroadBlocksInSum;
    for (const AddressInterval& interval : rest_) {
      // One less than the number of addresses, which would wrap for all of IPv6.
      const AddressNumber span = interval.last - interval.first;
      if (span >= broad_size(version_) || span >= budget) {
        refuse({interval}, RouteRefusal::TooBroad);
        continue;
      }
      budget -= span + 1;
      kept.push_back(interval);
    }
    rest_ = std::move(kept);
  }

  void cut(const AddressInterval& block, RouteRefusal refusal) {
    refuse(intersection(rest_, {block}), refusal);
    rest_ = difference(rest_, {block});
  }

  void accept() {
    for (const AddressInterval& interval : rest_) {
      const auto prefixes = prefixes_of(interval, version_);
      if (result_.accepted.size() + prefixes.size() > kMaxGuardedRoutes)
        refuse({interval}, RouteRefusal::TooMany);
      else
        result_.accepted.insert(result_.accepted.end(), prefixes.begin(), prefixes.end());
    }
  }

 private:
  void refuse(const IntervalSet& set, RouteRefusal refusal) {
    for (const AddressInterval& interval : set) result_.refused.push_back({range_of(interval, version_), refusal});
  }

  unsigned version_;
  GuardedRoutes& result_;
  IntervalSet rest_;
};

void cut_forbidden(FamilyGuard& guard, unsigned version) {
  for (const auto& block : kForbidden) {
    const auto prefix = IpPrefix::parse(block.prefix);
    if (prefix && prefix->network().version() == version) guard.cut(interval_of(*prefix), block.refusal);
  }
  if (version == 6) guard.cut(mapped_block(), RouteRefusal::MappedIpv4);
}

}  // namespace

std::string_view describe(RouteRefusal refusal) noexcept {
  switch (refusal) {
    case RouteRefusal::Unspecified:
      return "unspecified addresses never pass a tunnel";
    case RouteRefusal::Loopback:
      return "loopback addresses are this laptop's own";
    case RouteRefusal::LinkLocal:
      return "link-local addresses belong to the local network";
    case RouteRefusal::Multicast:
      return "multicast does not pass the tunnel";
    case RouteRefusal::Reserved:
      return "reserved and broadcast addresses do not pass the tunnel";
    case RouteRefusal::MappedIpv4:
      return "IPv4-mapped IPv6 addresses never appear on a wire";
    case RouteRefusal::HoldsGateway:
      return "the gateway itself must be reached outside the tunnel";
    case RouteRefusal::OutsideAllowList:
      return "not in allow_routes of this profile";
    case RouteRefusal::TooBroad:
      return "wider than a /8 (IPv6: /16) or too much in sum; set allow_default_route to accept";
    case RouteRefusal::TooMany:
      return "more than 4096 routes; ask your administrator for wider ranges";
  }
  return "unknown";
}

GuardedRoutes guard_routes(std::span<const AdvertisedRoute> advertised, const RouteGuardOptions& options) {
  GuardedRoutes result;
  for (const unsigned version : {4U, 6U}) {
    FamilyGuard guard{version, result};
    guard.advertise(advertised);
    guard.keep_allowed(options.allow_routes);
    if (!options.allow_default_route) guard.cut_broad();
    cut_forbidden(guard, version);
    for (const IpAddress& gateway : options.gateway_addresses) {
      if (gateway.version() == version) guard.cut(interval_of(IpPrefix::host(gateway)), RouteRefusal::HoldsGateway);
    }
    guard.accept();
  }
  return result;
}

}  // namespace sallyport
