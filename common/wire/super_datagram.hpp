#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/ip/super_packet.hpp"
#include "common/wire/datagram.hpp"

namespace sallyport {

/// The context that carries super-packets (docs/protocol.md section 5.1), once both sides have named `gso`.
inline constexpr std::uint64_t kSuperContext = 2;

/// Kind, flags, segment size, header length.
inline constexpr std::size_t kSegmentationHeader = 6;

/// The largest packet that fits, with its segmentation header and context, into a DATAGRAM that everybody reads.
inline constexpr std::size_t kMaxSuperPacket = kMaxCapsuleValue - 1 - kSegmentationHeader;

/// Octets that append_super_datagram() writes before a packet, at most: type, length, context, segmentation header.
inline constexpr std::size_t kMaxSuperDatagramHeader = 1 + 4 + 1 + kSegmentationHeader;

/// `payload` is what parse_datagram() found behind the context. Of the packet nothing is looked at.
[[nodiscard]] Result<SuperPacket, SuperPacketFault> parse_super_packet(Bytes payload) noexcept;

/// Appends a super-packet as a DATAGRAM. Requires one without a fault, of at most kMaxSuperPacket octets.
void append_super_datagram(ByteBuffer& out, const SuperPacket& super);

}  // namespace sallyport
