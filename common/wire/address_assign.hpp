#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/wire/capsule_error.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace sallyport {

/// One entry of ADDRESS_ASSIGN (RFC 9484 section 4.7.1).
struct AssignedAddress {
  std::uint64_t request_id = 0;  ///< 0: nobody asked
  IpPrefix prefix;

  /// The request was declined: unspecified address, full length.
  [[nodiscard]] bool is_declined() const noexcept {
    return prefix.network().is_unspecified() && prefix.length() == prefix.network().bit_width();
  }
  friend bool operator==(const AssignedAddress&, const AssignedAddress&) = default;
};

/// The full list of the receiver's addresses; empty withdraws all.
[[nodiscard]] Result<std::vector<AssignedAddress>, CapsuleError> parse_address_assign(Bytes value);
void append_address_assign(ByteBuffer& out, std::span<const AssignedAddress> addresses);

}  // namespace sallyport
