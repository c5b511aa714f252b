#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/packet.hpp"
#include "common/ip/super_packet.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// The ten octets in front of each packet of a TUN queue with IFF_VNET_HDR, in the order of the machine: struct
/// virtio_net_hdr, which old kernel headers cannot show to C++.
struct VirtioHeader {
  std::uint8_t flags = 0;
  std::uint8_t kind = 0;
  std::uint16_t header_length = 0;
  std::uint16_t segment_size = 0;
  std::uint16_t checksum_start = 0;   ///< where the octets to be summed begin
  std::uint16_t checksum_offset = 0;  ///< of the field for the sum, from there

  friend bool operator==(const VirtioHeader&, const VirtioHeader&) = default;
};
static_assert(sizeof(VirtioHeader) == 10);

namespace virtio {
inline constexpr std::uint8_t kNeedsChecksum = 1;
inline constexpr std::uint8_t kNone = 0;
inline constexpr std::uint8_t kTcpV4 = 1;
inline constexpr std::uint8_t kTcpV6 = 4;
inline constexpr std::uint8_t kUdp = 5;
}  // namespace virtio

/// For a super-packet that was parsed to `packet` and that Segments can cut; made of nothing but that packet and the
/// size of its segments.
[[nodiscard]] VirtioHeader virtio_header_for(const PacketView& packet, std::uint16_t segment_size) noexcept;

/// Puts into the checksum field what the kernel wants to find there: the sum of the pseudo-header. `header` is for
/// `packet`, which was parsed to `view`.
void begin_checksum(MutableBytes packet, const PacketView& view, const VirtioHeader& header) noexcept;

/// Finishes the transport checksum that the kernel left to us. False: the header points out of the packet.
[[nodiscard]] bool complete_checksum(MutableBytes packet, const VirtioHeader& header) noexcept;

/// What the kernel says of a super-packet. Nullopt: nothing we asked for.
[[nodiscard]] std::optional<Segmentation> segmentation_of(Bytes packet, const VirtioHeader& header) noexcept;

}  // namespace sallyport
