#include "tun/virtio_header.hpp"

#include "common/ip/checksum.hpp"

namespace sallyport {
namespace {

constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::uint16_t kTcpChecksum = 16;
constexpr std::uint16_t kUdpChecksum = 6;

std::size_t transport_header(Bytes transport, bool is_udp) noexcept {
  return is_udp ? kUdpHeader : (std::to_integer<std::size_t>(transport[12]) >> 4U) * 4;
}

SegmentKind kind_of(std::uint8_t virtio_kind) noexcept {
  switch (virtio_kind) {
    case virtio::kTcpV4:
      return SegmentKind::TcpV4;
    case virtio::kTcpV6:
      return SegmentKind::TcpV6;
    case virtio::kUdp:
      return SegmentKind::Udp;
    default:
      return SegmentKind::None;
  }
}

}  // namespace

VirtioHeader virtio_header_for(const PacketView& packet, std::uint16_t segment_size) noexcept {
  const std::size_t start = packet.bytes().size() - packet.transport().size();
  const bool udp = packet.is_udp();
  return {.flags = virtio::kNeedsChecksum,
          .kind = udp              ? virtio::kUdp
                  : packet.is_v4() ? virtio::kTcpV4
                                   : virtio::kTcpV6,
          .header_length = static_cast<std::uint16_t>(start + transport_header(packet.transport(), udp)),
          .segment_size = segment_size,
          .checksum_start = static_cast<std::uint16_t>(start),
          .checksum_offset = udp ? kUdpChecksum : kTcpChecksum};
}

void begin_checksum(MutableBytes packet, const PacketView& view, const VirtioHeader& header) noexcept {
  InternetChecksum sum;
  sum.add_pseudo_header(view.source(), view.destination(), view.protocol(), view.transport().size());
  store_be16(packet.subspan(std::size_t{header.checksum_start} + header.checksum_offset), sum.folded());
}

bool complete_checksum(MutableBytes packet, const VirtioHeader& header) noexcept {
  const std::size_t start = header.checksum_start;
  const std::size_t field = start + header.checksum_offset;
  if (field + 2 > packet.size()) return false;
  // The field holds the sum of the pseudo-header already.
  const std::uint16_t sum = internet_checksum(packet.subspan(start));
  // To UDP 0 means "none"; to TCP both are the same number.
  store_be16(packet.subspan(field), sum == 0 ? std::uint16_t{0xffff} : sum);
  return true;
}

std::optional<Segmentation> segmentation_of(Bytes packet, const VirtioHeader& header) noexcept {
  const SegmentKind kind = kind_of(header.kind);
  const std::size_t start = header.checksum_start;
  const bool has_start = (header.flags & virtio::kNeedsChecksum) != 0 && start + kTcpHeader <= packet.size();
  if (kind == SegmentKind::None || !has_start || header.segment_size == 0) return std::nullopt;
  const std::size_t length = start + transport_header(packet.subspan(start), kind == SegmentKind::Udp);
  return Segmentation{kind, header.segment_size, static_cast<std::uint16_t>(length)};
}

}  // namespace sallyport
