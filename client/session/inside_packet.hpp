#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <optional>

namespace sallyport {

/// The fixed part of an IP header, as far as the laptop's own address checks need it. What lies behind it is judged by
/// the gateway and by the kernel.
struct InsidePacket {
  IpAddress source;
  IpAddress destination;
  Bytes bytes;  ///< borrowed; cut to the length that the header declares

  /// Nullopt: neither IPv4 nor IPv6, or shorter than it says.
  [[nodiscard]] static std::optional<InsidePacket> parse(Bytes packet) noexcept;
};

/// No unicast address that a tunnel may carry: loopback, link-local, multicast, unspecified, reserved.
[[nodiscard]] bool is_unroutable(const IpAddress& address) noexcept;

}  // namespace sallyport
