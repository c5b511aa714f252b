#include "common/ip/segments.hpp"

#include "common/ip/checksum.hpp"
#include "common/ip/ip_header.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kTcpFlags = 13;
constexpr std::size_t kTcpChecksum = 16;
constexpr std::size_t kUdpChecksum = 6;
constexpr std::uint8_t kPush = 0x08;
constexpr std::uint8_t kCongestionWindowReduced = 0x80;

std::size_t transport_header(const PacketView& packet) noexcept {
  return packet.is_udp() ? kUdpHeader : (std::to_integer<std::size_t>(packet.transport()[12]) >> 4U) * 4;
}

}  // namespace

std::optional<Segments> Segments::of(const PacketView& packet, std::uint16_t segment_size) noexcept {
  if (packet.is_fragment() || segment_size == 0 || !(packet.is_tcp() || packet.is_udp())) return std::nullopt;
  const Bytes transport = packet.transport();
  if (packet.is_udp() && load_be16(transport.subspan(4)) != transport.size()) return std::nullopt;
  const std::size_t header = packet.bytes().size() - transport.size() + transport_header(packet);
  if (header == packet.bytes().size()) return std::nullopt;
  return Segments{packet, header, segment_size};
}

std::size_t Segments::write(std::size_t index, MutableBytes out) const noexcept {
  const Bytes whole = packet_.bytes();
  const MutableBytes segment = out.first(length(index));
  const Bytes payload = whole.subspan(header_ + index * size_, payload_of(index));
  std::copy_n(whole.begin(), header_, segment.begin());
  std::copy(payload.begin(), payload.end(), segment.begin() + static_cast<std::ptrdiff_t>(header_));
  write_network(index, segment);
  if (packet_.is_tcp())
    write_tcp(index, segment);
  else
    write_udp(segment);
  return segment.size();
}

void Segments::write_network(std::size_t index, MutableBytes segment) const noexcept {
  if (!packet_.is_v4()) {
    store_be16(segment.subspan(4), static_cast<std::uint16_t>(segment.size() - kIpv6Header));
    return;
  }
  store_be16(segment.subspan(2), static_cast<std::uint16_t>(segment.size()));
  store_be16(segment.subspan(4), static_cast<std::uint16_t>(load_be16(segment.subspan(4)) + index));
  store_be16(segment.subspan(10), 0);
  store_be16(segment.subspan(10), internet_checksum(segment.first(network_)));
}

void Segments::write_tcp(std::size_t index, MutableBytes segment) const noexcept {
  const MutableBytes tcp = segment.subspan(network_);
  store_be32(tcp.subspan(4), load_be32(tcp.subspan(4)) + static_cast<std::uint32_t>(index * size_));
  unsigned flags = std::to_integer<unsigned>(tcp[kTcpFlags]);
  if (index + 1 < count()) flags &= ~unsigned{tcp_flag::kFin | kPush};
  if (index != 0) flags &= ~unsigned{kCongestionWindowReduced};
  tcp[kTcpFlags] = static_cast<std::byte>(flags);
  store_be16(tcp.subspan(kTcpChecksum), 0);
  store_be16(tcp.subspan(kTcpChecksum), transport_checksum(tcp));
}

void Segments::write_udp(MutableBytes segment) const noexcept {
  const MutableBytes udp = segment.subspan(network_);
  store_be16(udp.subspan(4), static_cast<std::uint16_t>(udp.size()));
  store_be16(udp.subspan(kUdpChecksum), 0);
  // 0 would say that there is none (RFC 768).
  const std::uint16_t sum = transport_checksum(udp);
  store_be16(udp.subspan(kUdpChecksum), sum == 0 ? std::uint16_t{0xffff} : sum);
}

std::uint16_t Segments::transport_checksum(Bytes transport) const noexcept {
  InternetChecksum checksum;
  checksum.add_pseudo_header(packet_.source(), packet_.destination(), packet_.protocol(), transport.size());
  checksum.add(transport);
  return checksum.value();
}

}  // namespace sallyport
