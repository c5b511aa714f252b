#include "common/wire/super_datagram.hpp"

#include "common/wire/varint.hpp"

#include <array>
#include <cassert>

namespace sallyport {
namespace {

std::optional<SegmentKind> kind_of(std::byte octet) noexcept {
  switch (static_cast<SegmentKind>(octet)) {
    case SegmentKind::TcpV4:
    case SegmentKind::TcpV6:
    case SegmentKind::Udp:
      return static_cast<SegmentKind>(octet);
    case SegmentKind::None:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<SuperPacket, SuperPacketFault> parse_super_packet(Bytes payload) noexcept {
  if (payload.size() < kSegmentationHeader) return fail(SuperPacketFault::ShortHeader);
  const auto kind = kind_of(payload[0]);
  if (!kind) return fail(SuperPacketFault::UnknownKind);
  if (payload[1] != std::byte{0}) return fail(SuperPacketFault::ReservedFlags);
  const Segmentation segmentation{*kind, load_be16(payload.subspan(2)), load_be16(payload.subspan(4))};
  return SuperPacket{payload.subspan(kSegmentationHeader), segmentation};
}

void append_super_datagram(ByteBuffer& out, const SuperPacket& super) {
  assert(!super.is_plain() && super.bytes.size() <= kMaxSuperPacket);
  std::array<std::byte, kMaxSuperDatagramHeader> header{};
  const MutableBytes room{header};
  std::size_t size = store_varint(room, static_cast<std::uint64_t>(CapsuleType::Datagram));
  size += store_varint(room.subspan(size), varint_size(kSuperContext) + kSegmentationHeader + super.bytes.size());
  size += store_varint(room.subspan(size), kSuperContext);
  room[size] = static_cast<std::byte>(super.segmentation.kind);
  room[size + 1] = std::byte{0};
  store_be16(room.subspan(size + 2), super.segmentation.size);
  store_be16(room.subspan(size + 4), super.segmentation.header_length);
  append(out, Bytes{header}.first(size + kSegmentationHeader));
  append(out, super.bytes);
}

}  // namespace sallyport
