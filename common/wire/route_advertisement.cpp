#include "common/wire/route_advertisement.hpp"

#include "common/wire/capsule.hpp"
#include "common/wire/field_reader.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace sallyport {
namespace {

Result<AdvertisedRoute, CapsuleError> take_route(FieldReader& reader) {
  const auto version = reader.take_ip_version();
  if (!version) return fail(version.error());
  const auto first = reader.take_address(*version);
  if (!first) return fail(first.error());
  const auto last = reader.take_address(*version);
  if (!last) return fail(last.error());
  const auto protocol = reader.take_octet();
  if (!protocol) return fail(protocol.error());
  if (*last < *first) return fail(CapsuleError::RangeReversed);
  return AdvertisedRoute{{*first, *last}, *protocol};
}

std::tuple<unsigned, std::uint8_t> kind_of(const AdvertisedRoute& route) {
  return {route.range.first.version(), route.protocol};
}

std::optional<CapsuleError> fault_between(const AdvertisedRoute& a, const AdvertisedRoute& b) {
  if (kind_of(a) != kind_of(b)) {
    return kind_of(a) < kind_of(b) ? std::nullopt : std::optional{CapsuleError::RangesUnordered};
  }
  if (a.range.last < b.range.first) return std::nullopt;
  return b.range.last < a.range.first ? CapsuleError::RangesUnordered : CapsuleError::RangesOverlap;
}

/// A range of one protocol meets one of any protocol (RFC 9484 section 4.7.3, last paragraph). `any` is sorted,
/// disjoint.
bool meets_any_protocol(const AdvertisedRoute& route, std::span<const AdvertisedRoute> any) {
  const auto next = std::partition_point(
      any.begin(), any.end(), [&](const AdvertisedRoute& other) { return other.range.last < route.range.first; });
  return next != any.end() && next->range.first <= route.range.last;
}

std::optional<CapsuleError> fault_in(const std::vector<AdvertisedRoute>& routes) {
  for (std::size_t i = 1; i < routes.size(); ++i) {
    if (const auto fault = fault_between(routes[i - 1], routes[i])) return fault;
  }
  std::vector<AdvertisedRoute> any;
  std::copy_if(routes.begin(), routes.end(), std::back_inserter(any),
               [](const AdvertisedRoute& r) { return r.protocol == 0; });
  const bool overlap = std::any_of(routes.begin(), routes.end(), [&](const AdvertisedRoute& route) {
    return route.protocol != 0 && meets_any_protocol(route, any);
  });
  return overlap ? std::optional{CapsuleError::RangesOverlap} : std::nullopt;
}

bool append_route(ByteBuffer& value, const IpRange& range, std::uint8_t protocol) {
  const std::size_t size = 2 + 2 * range.first.octets().size();
  if (value.size() + size > kMaxCapsuleValue) return false;
  value.push_back(static_cast<std::byte>(range.first.version()));
  append(value, range.first.octets());
  append(value, range.last.octets());
  value.push_back(std::byte{protocol});
  return true;
}

}  // namespace

Result<std::vector<AdvertisedRoute>, CapsuleError> parse_route_advertisement(Bytes value) {
  std::vector<AdvertisedRoute> routes;
  for (FieldReader reader{value}; !reader.at_end();) {
    const auto route = take_route(reader);
    if (!route) return fail(route.error());
    routes.push_back(*route);
  }
  if (const auto fault = fault_in(routes)) return fail(*fault);
  return routes;
}

std::size_t append_route_advertisement(ByteBuffer& out, std::span<const AdvertisedRoute> routes) {
  ByteBuffer value;
  std::size_t written = 0;
  while (written < routes.size() && append_route(value, routes[written].range, routes[written].protocol)) ++written;
  append_capsule(out, CapsuleType::RouteAdvertisement, value);
  return written;
}

std::size_t append_route_advertisement(ByteBuffer& out, std::span<const IpRange> ranges) {
  ByteBuffer value;
  std::size_t written = 0;
  while (written < ranges.size() && append_route(value, ranges[written], 0)) ++written;
  append_capsule(out, CapsuleType::RouteAdvertisement, value);
  return written;
}

}  // namespace sallyport
