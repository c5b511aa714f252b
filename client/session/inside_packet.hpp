#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <optional>
#include <vector>

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

/// Whether a program of this laptop sends it to somewhere else by one of its inside addresses, `own`: systems send
/// packets of their own into any interface.
[[nodiscard]] bool is_traffic(Bytes packet, const std::vector<IpAddress>& own) noexcept;

/// No unicast address that a tunnel may carry: loopback, link-local, multicast, unspecified, reserved.
[[nodiscard]] bool is_unroutable(const IpAddress& address) noexcept;

}  // namespace sallyport
