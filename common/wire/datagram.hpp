#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/varint.hpp"

#include <array>
#include <cstdint>

namespace sallyport {

/// The context that carries whole IP packets (RFC 9484 section 6).
inline constexpr std::uint64_t kPacketContext = 0;

/// Octets that append_datagram() writes before a packet, at most: type, length, context.
inline constexpr std::size_t kMaxDatagramHeader = 6;

/// A DATAGRAM's value: what its payload means depends on the context. One of a context that we do not know is dropped
/// silently.
struct Datagram {
  std::uint64_t context = 0;
  Bytes payload;  ///< borrowed; in kPacketContext the packet
};

/// The payload itself is not looked at.
[[nodiscard]] inline Result<Datagram, CapsuleError> parse_datagram(Bytes value) noexcept {
  const auto context = parse_varint(value);
  if (!context) return fail(CapsuleError::FieldMissing);
  return Datagram{context->value, value.subspan(context->size)};
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
