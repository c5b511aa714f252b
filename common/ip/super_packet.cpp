#include "common/ip/super_packet.hpp"

#include "common/ip/ip_header.hpp"

namespace sallyport {
namespace {

constexpr std::size_t kUdpHeader = 8;
constexpr std::uint8_t kPush = 0x08;
constexpr std::uint8_t kEcnEcho = 0x40;

std::size_t network_header(const PacketView& packet) noexcept {
  return packet.bytes().size() - packet.transport().size();
}

std::size_t transport_header(const PacketView& packet) noexcept {
  if (packet.is_udp()) return kUdpHeader;
  return (std::to_integer<std::size_t>(packet.transport()[12]) >> 4U) * 4;
}

bool is_of_kind(const PacketView& packet, SegmentKind kind) noexcept {
  switch (kind) {
    case SegmentKind::TcpV4:
      return packet.is_tcp() && packet.is_v4();
    case SegmentKind::TcpV6:
      return packet.is_tcp() && !packet.is_v4();
    case SegmentKind::Udp:
      return packet.is_udp();
    case SegmentKind::None:
      return false;
  }
  return false;
}

/// A segment that carries nothing but data: the same for all of them, in any number.
bool has_only_data_bits(std::uint8_t flags) noexcept {
  constexpr unsigned kMay = kPush | kEcnEcho | tcp_flag::kAck;
  return (flags & tcp_flag::kAck) != 0 && (flags & ~kMay) == 0;
}

std::size_t segment_count(const SuperPacket& super) noexcept {
  const std::size_t payload = super.bytes.size() - super.segmentation.header_length;
  return (payload + super.segmentation.size - 1) / super.segmentation.size;
}

/// The header was found to be what `super` says.
bool has_good_count(const SuperPacket& super) noexcept {
  const std::size_t count = segment_count(super);
  return count > 1 && (super.segmentation.kind != SegmentKind::Udp || count <= kMaxUdpSegments);
}

bool has_good_size(const Segmentation& segmentation) noexcept {
  return segmentation.size >= kMinSegmentSize &&
         std::size_t{segmentation.size} + segmentation.header_length <= kMaxSegment;
}

bool has_good_length(const SuperPacket& super, const PacketView& packet) noexcept {
  if (super.bytes.size() != packet.bytes().size()) return false;
  return !packet.is_udp() || packet.is_fragment() ||
         load_be16(packet.transport().subspan(4)) == packet.transport().size();
}

}  // namespace

PacketTally tally_of(const SuperPacket& super, const PacketView& packet) noexcept {
  const std::uint64_t octets = packet.bytes().size();
  if (super.is_plain()) return {1, octets};
  const std::size_t count = segment_count(super);
  return {static_cast<std::uint32_t>(count), octets + (count - 1) * super.segmentation.header_length};
}

std::optional<SuperPacketFault> find_super_packet_fault(const SuperPacket& super, const PacketView& packet) noexcept {
  const Segmentation& said = super.segmentation;
  if (!has_good_size(said)) return SuperPacketFault::SegmentSize;
  if (!has_good_length(super, packet)) return SuperPacketFault::LengthMismatch;
  if (!is_of_kind(packet, said.kind)) return SuperPacketFault::OtherKind;
  const std::size_t network = packet.is_v4() ? kIpv4Header : kIpv6Header;
  if (packet.is_fragment() || network_header(packet) != network) return SuperPacketFault::ExtraHeaders;
  if (network + transport_header(packet) != said.header_length) return SuperPacketFault::HeaderLength;
  if (packet.is_tcp() && !has_only_data_bits(packet.tcp_flags())) return SuperPacketFault::ControlBits;
  if (!has_good_count(super)) return SuperPacketFault::SegmentCount;
  return std::nullopt;
}

std::string_view describe(SuperPacketFault fault) noexcept {
  switch (fault) {
    case SuperPacketFault::ShortHeader:
      return "the super-packet ends within its segmentation header";
    case SuperPacketFault::UnknownKind:
      return "the super-packet is of a kind that nobody defined";
    case SuperPacketFault::ReservedFlags:
      return "the super-packet has a flag that nobody defined";
    case SuperPacketFault::SegmentSize:
      return "the segments are smaller than 536 octets, or longer than 1,500 with their headers";
    case SuperPacketFault::LengthMismatch:
      return "the lengths in the super-packet are not its own";
    case SuperPacketFault::OtherKind:
      return "the super-packet is not of the kind it says";
    case SuperPacketFault::ExtraHeaders:
      return "the super-packet has options or extension headers, or is a fragment";
    case SuperPacketFault::HeaderLength:
      return "the headers are not as long as the super-packet says";
    case SuperPacketFault::ControlBits:
      return "the super-packet carries more than data: SYN, FIN, RST, URG or CWR, or no ACK";
    case SuperPacketFault::SegmentCount:
      return "the super-packet is a single segment, or has too many";
  }
  return "invalid SuperPacketFault";
}

std::string_view name_of(SuperPacketFault fault) noexcept {
  switch (fault) {
    case SuperPacketFault::ShortHeader:
      return "short_header";
    case SuperPacketFault::UnknownKind:
      return "unknown_kind";
    case SuperPacketFault::ReservedFlags:
      return "reserved_flags";
    case SuperPacketFault::SegmentSize:
      return "segment_size";
    case SuperPacketFault::LengthMismatch:
      return "length_mismatch";
    case SuperPacketFault::OtherKind:
      return "other_kind";
    case SuperPacketFault::ExtraHeaders:
      return "extra_headers";
    case SuperPacketFault::HeaderLength:
      return "header_length";
    case SuperPacketFault::ControlBits:
      return "control_bits";
    case SuperPacketFault::SegmentCount:
      return "segment_count";
  }
  return "invalid";
}

}  // namespace sallyport
