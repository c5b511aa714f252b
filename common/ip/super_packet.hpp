#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

/// What the segments of a super-packet are (docs/protocol.md section 5.1). The numbers are those of the wire.
enum class SegmentKind : std::uint8_t { None = 0, TcpV4 = 1, TcpV6 = 2, Udp = 3 };

/// How a super-packet falls into packets: every `size` octets of payload get headers of their own.
struct Segmentation {
  SegmentKind kind = SegmentKind::None;
  std::uint16_t size = 0;           ///< payload octets of every segment but the last
  std::uint16_t header_length = 0;  ///< IP and transport header together

  friend bool operator==(const Segmentation&, const Segmentation&) = default;
};

/// What a TUN device gives and takes in one step: one packet, or many of one flow in one. Borrowed.
///
/// The transport checksum of a super-packet is not filled in. Nothing is checked yet: see find_super_packet_fault().
struct SuperPacket {
  Bytes bytes;
  Segmentation segmentation{};

  SuperPacket() = default;
  SuperPacket(Bytes packet) noexcept : bytes{packet} {}  // NOLINT(google-explicit-constructor): a packet is one
  SuperPacket(const ByteBuffer& packet) noexcept : bytes{packet} {}  // NOLINT(google-explicit-constructor)
  SuperPacket(Bytes packet, Segmentation segments) noexcept : bytes{packet}, segmentation{segments} {}

  /// One packet of its own, with all its checksums.
  [[nodiscard]] bool is_plain() const noexcept { return segmentation.kind == SegmentKind::None; }
};

/// What a super-packet counts for: as many packets and octets as its segments have.
struct PacketTally {
  std::uint32_t packets = 1;
  std::uint64_t octets = 0;

  friend bool operator==(const PacketTally&, const PacketTally&) = default;
};
/// `packet` is what super.bytes was parsed to. Requires a super-packet without a fault, or a plain one.
[[nodiscard]] PacketTally tally_of(const SuperPacket& super, const PacketView& packet) noexcept;

/// Smaller segments would let one super-packet cost the kernel a hundred times what it costs its sender.
inline constexpr std::size_t kMinSegmentSize = 536;
/// Headers and payload of one segment: the MTU inside the tunnel.
inline constexpr std::size_t kMaxSegment = 1500;
/// Of UDP; the kernel's limit.
inline constexpr std::size_t kMaxUdpSegments = 64;

/// Why a super-packet is refused; in the order in which the checks are made.
enum class SuperPacketFault : std::uint8_t {
  ShortHeader,     ///< no whole segmentation header
  UnknownKind,     ///< none of the three kinds
  ReservedFlags,   ///< a flag that means nothing yet
  SegmentSize,     ///< below kMinSegmentSize, or a segment above kMaxSegment
  LengthMismatch,  ///< octets behind the packet, or a UDP length that is not the rest of it
  OtherKind,       ///< the packet is of another kind than was said
  ExtraHeaders,    ///< IPv4 options, IPv6 extension headers, a fragment
  HeaderLength,    ///< the headers are not as long as was said
  ControlBits,     ///< TCP with SYN, FIN, RST, URG or CWR, or without ACK
  SegmentCount,    ///< a single segment, or too many of UDP
};

[[nodiscard]] std::string_view describe(SuperPacketFault fault) noexcept;
/// Stable: "segment_size".
[[nodiscard]] std::string_view name_of(SuperPacketFault fault) noexcept;

/// Whether `super`, parsed to `packet`, is anything else than a peer may send. Requires !super.is_plain().
[[nodiscard]] std::optional<SuperPacketFault> find_super_packet_fault(const SuperPacket& super,
                                                                      const PacketView& packet) noexcept;

}  // namespace sallyport
