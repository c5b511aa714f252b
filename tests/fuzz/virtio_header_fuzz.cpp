// What the kernel says in front of a packet of a TUN queue: ten octets, then the packet. Whatever they say, nothing is
// touched outside the packet, what is taken for a super-packet is one that we would describe in the same way, and a
// checksum that was finished is good.

#include "common/ip/segments.hpp"
#include "tests/support/packet_difference.hpp"
#include "tun/virtio_header.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_ours(const PacketView& packet, std::uint16_t size) {
  if (size == 0 || !Segments::of(packet, size)) return;
  const auto header = virtio_header_for(packet, size);
  ByteBuffer copy{packet.bytes().begin(), packet.bytes().end()};
  const auto said = segmentation_of(copy, header);
  require(said && said->size == size && said->header_length == header.header_length);
  begin_checksum(copy, packet, header);
  require(complete_checksum(copy, header));
  const auto view = PacketView::parse(copy);
  require(view && test::has_good_checksum(*view));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  VirtioHeader header;
  if (size < sizeof header) return 0;
  std::memcpy(&header, data, sizeof header);
  const Bytes packet = std::as_bytes(std::span{data + sizeof header, size - sizeof header});
  if (const auto said = segmentation_of(packet, header)) {
    require(said->kind != SegmentKind::None && said->size != 0 && header.checksum_start < packet.size());
  }
  ByteBuffer copy{packet.begin(), packet.end()};
  const std::size_t field = std::size_t{header.checksum_start} + header.checksum_offset;
  require(complete_checksum(copy, header) == (field + 2 <= packet.size()));
  for (std::size_t i = 0; i < copy.size(); ++i) require(copy[i] == packet[i] || i == field || i == field + 1);
  if (const auto view = PacketView::parse(packet)) check_ours(*view, header.segment_size);
  return 0;
}
