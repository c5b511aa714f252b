#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/wire/capsule_error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sallyport {

/// One range of ROUTE_ADVERTISEMENT (RFC 9484 section 4.7.3).
struct AdvertisedRoute {
  IpRange range;
  std::uint8_t protocol = 0;  ///< 0: any. ICMP is always allowed
  friend bool operator==(const AdvertisedRoute&, const AdvertisedRoute&) = default;
};

/// The full list of what the sender routes, ordered by version, protocol, address; without overlap.
[[nodiscard]] Result<std::vector<AdvertisedRoute>, CapsuleError> parse_route_advertisement(Bytes value);

/// Requires the order that parsing asks for. Returns how many routes went in: as many as one capsule holds.
std::size_t append_route_advertisement(ByteBuffer& out, std::span<const AdvertisedRoute> routes);
/// The same for any protocol.
std::size_t append_route_advertisement(ByteBuffer& out, std::span<const IpRange> ranges);

}  // namespace sallyport
