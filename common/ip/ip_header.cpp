#include "common/ip/ip_header.hpp"

#include "common/ip/checksum.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::byte kHopLimit{64};
constexpr std::uint16_t kDoNotFragment = 0x4000;

void copy(Bytes from, MutableBytes to) noexcept { std::copy(from.begin(), from.end(), to.begin()); }

}  // namespace

void write_ip_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, Fragments fragments,
                     MutableBytes packet) noexcept {
  if (source.is_v4()) {
    packet[0] = std::byte{0x45};
    store_be16(packet.subspan(2), static_cast<std::uint16_t>(packet.size()));
    if (fragments == Fragments::Forbidden) store_be16(packet.subspan(6), kDoNotFragment);
    packet[8] = kHopLimit;
    packet[9] = std::byte{protocol};
    copy(source.octets(), packet.subspan(12));
    copy(destination.octets(), packet.subspan(16));
    store_be16(packet.subspan(10), internet_checksum(packet.first(kIpv4Header)));
    return;
  }
  packet[0] = std::byte{0x60};
  store_be16(packet.subspan(4), static_cast<std::uint16_t>(packet.size() - kIpv6Header));
  packet[6] = std::byte{protocol};
  packet[7] = kHopLimit;
  copy(source.octets(), packet.subspan(8));
  copy(destination.octets(), packet.subspan(24));
}

}  // namespace sallyport
