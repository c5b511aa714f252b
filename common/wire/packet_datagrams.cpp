#include "common/wire/packet_datagrams.hpp"

#include "common/ip/segments.hpp"
#include "common/wire/super_datagram.hpp"

namespace sallyport {
namespace {

/// What append_datagram() does, with the packet still to be written.
MutableBytes append_room(ByteBuffer& out, std::size_t size) {
  append_capsule_header(out, CapsuleType::Datagram, varint_size(kPacketContext) + size);
  append_varint(out, kPacketContext);
  out.resize(out.size() + size);
  return MutableBytes{out}.last(size);
}

bool append_segments(ByteBuffer& out, const PacketView& packet, std::uint16_t segment_size) {
  const auto segments = Segments::of(packet, segment_size);
  if (!segments) return false;
  for (std::size_t i = 0; i < segments->count(); ++i) {
    (void)segments->write(i, append_room(out, segments->length(i)));
  }
  return true;
}

}  // namespace

bool append_packet(ByteBuffer& out, const SuperPacket& packet, bool peer_takes_super_packets) {
  if (packet.is_plain()) {
    append_datagram(out, packet.bytes);
    return true;
  }
  const auto view = PacketView::parse(packet.bytes);
  if (!view) return false;
  const bool fits = packet.bytes.size() <= kMaxSuperPacket && !find_super_packet_fault(packet, *view);
  if (!peer_takes_super_packets || !fits) return append_segments(out, *view, packet.segmentation.size);
  append_super_datagram(out, packet);
  return true;
}

}  // namespace sallyport
