#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/wire/capsule_error.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace sallyport {

/// One entry of ADDRESS_REQUEST (RFC 9484 section 4.7.2). The unspecified address: any of its family will do.
struct RequestedAddress {
  std::uint64_t request_id = 0;  ///< never 0 on the wire
  IpPrefix prefix;
  friend bool operator==(const RequestedAddress&, const RequestedAddress&) = default;
};

/// At least one entry; every ID differs from 0 and from the other IDs of this capsule.
[[nodiscard]] Result<std::vector<RequestedAddress>, CapsuleError> parse_address_request(Bytes value);
void append_address_request(ByteBuffer& out, std::span<const RequestedAddress> requests);

}  // namespace sallyport
