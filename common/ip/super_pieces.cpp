#include "common/ip/super_pieces.hpp"

#include "common/ip/checksum.hpp"
#include "common/ip/ip_header.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kTcpFlags = 13;
constexpr std::size_t kTcpChecksum = 16;
constexpr std::size_t kUdpChecksum = 6;
constexpr std::uint8_t kPush = 0x08;

}  // namespace

std::optional<SuperPieces> SuperPieces::of(const SuperPacket& super, const PacketView& packet,
                                           std::size_t octets) noexcept {
  if (find_super_packet_fault(super, packet)) return std::nullopt;
  const std::size_t header = super.segmentation.header_length;
  const std::size_t segments = octets > header ? (octets - header) / super.segmentation.size : 0;
  const SuperPieces pieces{super, packet, std::max<std::size_t>(segments, 1)};
  return pieces.count() > 1 ? std::optional{pieces} : std::nullopt;
}

SuperPieces::Piece SuperPieces::piece(std::size_t index, HeaderRoom& room) const noexcept {
  const std::size_t size = segmentation_.header_length;
  const Bytes whole = packet_.bytes();
  const MutableBytes header = MutableBytes{room}.first(size);
  const std::size_t from = index * step_;
  const Bytes payload = whole.subspan(size + from, std::min(step_, payload_ - from));
  std::copy_n(whole.begin(), size, header.begin());
  write_network(header, index, payload.size());
  write_transport(header, index, payload.size());
  if (payload.size() > segmentation_.size) return {header, payload, segmentation_};
  complete(header, payload);
  return {header, payload, {}};
}

void SuperPieces::write_network(MutableBytes header, std::size_t index, std::size_t payload) const noexcept {
  if (!packet_.is_v4()) {
    store_be16(header.subspan(4), static_cast<std::uint16_t>(header.size() - kIpv6Header + payload));
    return;
  }
  store_be16(header.subspan(2), static_cast<std::uint16_t>(header.size() + payload));
  // Every segment has the next identification.
  store_be16(header.subspan(4), static_cast<std::uint16_t>(load_be16(header.subspan(4)) + index * segments_));
  store_be16(header.subspan(10), 0);
  store_be16(header.subspan(10), internet_checksum(header.first(network())));
}

/// A super-packet of TCP has no control bits but those that belong to every segment, and PSH, which the last one has.
void SuperPieces::write_transport(MutableBytes header, std::size_t index, std::size_t payload) const noexcept {
  const MutableBytes transport = header.subspan(network());
  if (packet_.is_udp()) return store_be16(transport.subspan(4), static_cast<std::uint16_t>(transport.size() + payload));
  store_be32(transport.subspan(4), load_be32(transport.subspan(4)) + static_cast<std::uint32_t>(index * step_));
  if (index + 1 < count()) transport[kTcpFlags] &= ~std::byte{kPush};
}

void SuperPieces::complete(MutableBytes header, Bytes payload) const noexcept {
  const MutableBytes transport = header.subspan(network());
  const MutableBytes field = transport.subspan(packet_.is_udp() ? kUdpChecksum : kTcpChecksum);
  store_be16(field, 0);
  InternetChecksum sum;
  sum.add_pseudo_header(packet_.source(), packet_.destination(), packet_.protocol(), transport.size() + payload.size());
  sum.add(transport);
  sum.add(payload);
  const std::uint16_t value = sum.value();
  // To UDP 0 would say that there is none (RFC 768).
  store_be16(field, packet_.is_udp() && value == 0 ? std::uint16_t{0xffff} : value);
}

}  // namespace sallyport
