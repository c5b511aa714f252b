#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <cstddef>
#include <cstdint>

namespace sallyport {

/// In octets, without options and extension headers.
inline constexpr std::size_t kIpv4Header = 20;
inline constexpr std::size_t kIpv6Header = 40;

/// Of IPv4; IPv6 packets are never fragmented on the way.
enum class Fragments : std::uint8_t { Allowed, Forbidden };

/// Writes the header of a packet from `source` to `destination`, which are of one family, without options and with the
/// checksum that IPv4 has. `packet` is the whole of it, its header zeroed.
void write_ip_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, Fragments fragments,
                     MutableBytes packet) noexcept;

}  // namespace sallyport
