#include "tests/bench/crowd/probe_packet.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kIpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kPayload = 64;
constexpr std::size_t kSize = kIpHeader + kUdpHeader + kPayload;
constexpr std::uint32_t kMark = 0x5a11c404;

void put16(ByteBuffer& out, std::size_t at, std::uint32_t value) {
  out[at] = static_cast<std::byte>((value >> 8U) & 0xffU);
  out[at + 1] = static_cast<std::byte>(value & 0xffU);
}
void put32(ByteBuffer& out, std::size_t at, std::uint32_t value) {
  put16(out, at, value >> 16U);
  put16(out, at + 2, value & 0xffffU);
}

std::uint32_t header_checksum(const ByteBuffer& packet) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kIpHeader; i += 2)
    sum += (std::to_integer<std::uint32_t>(packet[i]) << 8U) | std::to_integer<std::uint32_t>(packet[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return ~sum & 0xffffU;
}

}  // namespace

ByteBuffer probe_packet(const ProbePacket& probe) {
  ByteBuffer packet(kSize);
  packet[0] = std::byte{0x45};
  put16(packet, 2, kSize);
  packet[8] = std::byte{64};
  packet[9] = std::byte{17};
  std::copy_n(probe.from.octets().begin(), 4, packet.begin() + 12);
  std::copy_n(probe.to.octets().begin(), 4, packet.begin() + 16);
  put16(packet, 10, header_checksum(packet));
  put16(packet, 20, 5000);
  put16(packet, 22, probe.port);
  put16(packet, 24, kUdpHeader + kPayload);  // without a checksum, which IPv4 allows
  put32(packet, 28, kMark);
  put32(packet, 32, probe.member);
  put32(packet, 36, probe.round);
  return packet;
}

std::optional<ProbePacket> read_probe_packet(Bytes packet) {
  if (packet.size() != kSize || load_be32(packet.subspan<28, 4>()) != kMark) return std::nullopt;
  ProbePacket probe;
  probe.member = load_be32(packet.subspan<32, 4>());
  probe.round = load_be32(packet.subspan<36, 4>());
  return probe;
}

}  // namespace sallyport
