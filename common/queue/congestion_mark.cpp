#include "common/queue/congestion_mark.hpp"

namespace sallyport {
namespace {

constexpr unsigned kNotCapable = 0;
constexpr unsigned kExperienced = 3;
constexpr std::size_t kChecksum = 10;

/// RFC 1624, equation 3: one 16-bit field of the header was `before` and is `after` now.
std::uint16_t adjust(std::uint16_t checksum, std::uint16_t before, std::uint16_t after) noexcept {
  std::uint32_t sum = (~std::uint32_t{checksum} & 0xffffU) + (~std::uint32_t{before} & 0xffffU) + after;
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

bool mark_v4(MutableBytes packet) noexcept {
  const std::uint16_t before = load_be16(packet);
  if ((before & 3U) == kNotCapable) return false;
  const auto after = static_cast<std::uint16_t>(before | kExperienced);
  store_be16(packet, after);
  const MutableBytes field = packet.subspan(kChecksum);
  store_be16(field, adjust(load_be16(field), before, after));
  return true;
}

/// The traffic class lies across two octets; ECN is bits 4 and 5 of the second one.
bool mark_v6(MutableBytes packet) noexcept {
  const auto octet = std::to_integer<unsigned>(packet[1]);
  if (((octet >> 4U) & 3U) == kNotCapable) return false;
  packet[1] = static_cast<std::byte>(octet | (kExperienced << 4U));
  return true;
}

}  // namespace

bool mark_congestion(MutableBytes packet) noexcept {
  return std::to_integer<unsigned>(packet[0]) >> 4U == 4 ? mark_v4(packet) : mark_v6(packet);
}

}  // namespace sallyport
