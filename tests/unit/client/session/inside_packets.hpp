#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <algorithm>
#include <string_view>

namespace sallyport {

inline void put_octets(ByteBuffer& packet, std::size_t at, const IpAddress& address) {
  std::copy(address.octets().begin(), address.octets().end(), packet.begin() + static_cast<std::ptrdiff_t>(at));
}

/// A packet of `payload` zero octets behind a bare IP header, of a protocol that means nothing (RFC 3692; RFC
/// 8200 4.7).
inline ByteBuffer inside_packet(std::string_view from, std::string_view to, std::size_t payload = 8) {
  const IpAddress source = IpAddress::parse(from).value();
  const IpAddress destination = IpAddress::parse(to).value();
  ByteBuffer packet((source.is_v4() ? 20 : 40) + payload);
  if (source.is_v4()) {
    packet[0] = std::byte{0x45};
    store_be16(MutableBytes{packet}.subspan(2), static_cast<std::uint16_t>(packet.size()));
    packet[9] = std::byte{253};
    put_octets(packet, 12, source);
    put_octets(packet, 16, destination);
  } else {
    packet[0] = std::byte{0x60};
    store_be16(MutableBytes{packet}.subspan(4), static_cast<std::uint16_t>(payload));
    packet[6] = std::byte{59};
    put_octets(packet, 8, source);
    put_octets(packet, 24, destination);
  }
  return packet;
}

}  // namespace sallyport
