#include "common/ip/header_fields.hpp"

namespace sallyport {
namespace {

std::optional<IpAddress> field(Bytes packet, std::size_t v4_offset, std::size_t v6_offset) noexcept {
  if (packet.empty()) return std::nullopt;
  const auto version = std::to_integer<unsigned>(packet[0]) >> 4U;
  if (version == 4 && packet.size() >= 20) return IpAddress::from_octets(packet.subspan(v4_offset, 4));
  if (version == 6 && packet.size() >= 40) return IpAddress::from_octets(packet.subspan(v6_offset, 16));
  return std::nullopt;
}

}  // namespace

std::optional<IpAddress> source_field(Bytes packet) noexcept { return field(packet, 12, 8); }

std::optional<IpAddress> destination_field(Bytes packet) noexcept { return field(packet, 16, 24); }

}  // namespace sallyport
