#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/varint.hpp"

#include <optional>

namespace sallyport {

/// The context that carries whole IP packets (RFC 9484 section 6).
inline constexpr std::uint64_t kPacketContext = 0;

/// Octets that append_datagram() writes before a packet, at most: type, length, context.
inline constexpr std::size_t kMaxDatagramHeader = 6;

/// The packet in a DATAGRAM's value, borrowed; nullopt when the datagram is of a context we do not know
/// (drop it silently). The packet itself is not looked at.
[[nodiscard]] inline Result<std::optional<Bytes>, CapsuleError> parse_datagram(Bytes value) noexcept {
  const auto context = parse_varint(value);
  if (!context) return fail(CapsuleError::FieldMissing);
  if (context->value != kPacketContext) return std::optional<Bytes>{};
  return std::optional{value.subspan(context->size)};
}

/// Appends one packet as a DATAGRAM. Requires packet.size() <= kMaxPacket. Allocates only when `out` lacks room for
/// packet.size() + kMaxDatagramHeader octets.
inline void append_datagram(ByteBuffer& out, Bytes packet) {
  std::array<std::byte, kMaxDatagramHeader> header{};
  std::size_t size = store_varint(header, static_cast<std::uint64_t>(CapsuleType::Datagram));
  size += store_varint(MutableBytes{header}.subspan(size), packet.size() + varint_size(kPacketContext));
  size += store_varint(MutableBytes{header}.subspan(size), kPacketContext);
  append(out, Bytes{header}.first(size));
  append(out, packet);
}

}  // namespace sallyport
