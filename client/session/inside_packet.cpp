#include "client/session/inside_packet.hpp"

#include "common/ip/ip_header.hpp"

#include <algorithm>

namespace sallyport {
namespace {

std::optional<InsidePacket> parse_v4(Bytes packet) noexcept {
  if (packet.size() < kIpv4Header) return std::nullopt;
  const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 0x0fU) * 4;
  const std::size_t total = load_be16(packet.subspan(2));
  if (header < kIpv4Header || total < header || total > packet.size()) return std::nullopt;
  return InsidePacket{IpAddress::from_octets(packet.subspan(12, 4)), IpAddress::from_octets(packet.subspan(16, 4)),
                      packet.first(total)};
}

std::optional<InsidePacket> parse_v6(Bytes packet) noexcept {
  if (packet.size() < kIpv6Header) return std::nullopt;
  const std::size_t total = kIpv6Header + load_be16(packet.subspan(4));
  if (total > packet.size()) return std::nullopt;
  return InsidePacket{IpAddress::from_octets(packet.subspan(8, 16)), IpAddress::from_octets(packet.subspan(24, 16)),
                      packet.first(total)};
}

}  // namespace

std::optional<InsidePacket> InsidePacket::parse(Bytes packet) noexcept {
  if (packet.empty()) return std::nullopt;
  switch (std::to_integer<unsigned>(packet[0]) >> 4U) {
    case 4:
      return parse_v4(packet);
    case 6:
      return parse_v6(packet);
    default:
      return std::nullopt;
  }
}

bool is_traffic(Bytes packet, const std::vector<IpAddress>& own) noexcept {
  const auto inside = InsidePacket::parse(packet);
  return inside && std::find(own.begin(), own.end(), inside->source) != own.end() &&
         !is_unroutable(inside->destination);
}

bool is_unroutable(const IpAddress& address) noexcept { return address.is_martian() || address.is_link_local(); }

}  // namespace sallyport
