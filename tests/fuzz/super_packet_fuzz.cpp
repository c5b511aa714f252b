// What follows the context of a super-packet's DATAGRAM (security.md's F4): cut, it is packets that parse, with good
// checksums, whose payloads are the whole; and gathered UDP falls apart into what went in.

#include "common/ip/segments.hpp"
#include "common/ip/udp_gatherer.hpp"
#include "common/wire/super_datagram.hpp"
#include "tests/support/packet_difference.hpp"

#include <cstdlib>
#include <vector>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<ByteBuffer> cut(const PacketView& packet, std::uint16_t size) {
  std::vector<ByteBuffer> out;
  const auto segments = Segments::of(packet, size);
  if (!segments) return out;
  std::uint64_t octets = 0;
  for (std::size_t i = 0; i < segments->count(); ++i) {
    // Exactly as large as it says: the sanitizer sees an octet too many.
    out.emplace_back(segments->length(i));
    require(segments->write(i, out.back()) == out.back().size());
    octets += out.back().size();
  }
  require(segments->tally() == PacketTally{static_cast<std::uint32_t>(out.size()), octets});
  return out;
}

void check_segments(const PacketView& packet, const std::vector<ByteBuffer>& segments) {
  if (segments.empty()) return;
  const std::size_t network = packet.bytes().size() - packet.transport().size();
  const std::size_t header =
      network + (packet.is_udp() ? 8 : (std::to_integer<std::size_t>(packet.transport()[12]) >> 4U) * 4);
  ByteBuffer payload;
  for (const auto& each : segments) {
    const auto view = PacketView::parse(each);
    require(view && view->bytes().size() == each.size() && test::has_good_checksum(*view));
    require(view->source() == packet.source() && view->destination() == packet.destination());
    require(view->source_port() == packet.source_port() && view->destination_port() == packet.destination_port());
    append(payload, Bytes{each}.subspan(header));
  }
  const Bytes whole = packet.bytes().subspan(header);
  require(payload == ByteBuffer(whole.begin(), whole.end()));
}

/// What passes the receiver's checks is what its header says, by plain arithmetic on its octets.
void check_sound(const SuperPacket& super, const std::vector<ByteBuffer>& segments) {
  const Bytes octets = super.bytes;
  const bool v4 = std::to_integer<unsigned>(octets[0]) == 0x45;
  require(v4 || std::to_integer<unsigned>(octets[0]) >> 4U == 6);
  const std::size_t network = v4 ? 20 : 40;
  const bool udp = super.segmentation.kind == SegmentKind::Udp;
  require(std::to_integer<unsigned>(octets[v4 ? 9 : 6]) == (udp ? 17 : 6));
  require((super.segmentation.kind == SegmentKind::TcpV4) == (v4 && !udp));
  if (!udp) require((std::to_integer<unsigned>(octets[network + 13]) & 0xb7U) == 0x10);
  require(segments.size() >= 2 && segments.size() <= 124 && (!udp || segments.size() <= 64));
  for (const auto& each : segments) require(each.size() <= 1500);
  require(segments[0].size() == std::size_t{super.segmentation.header_length} + super.segmentation.size);
  require(tally_of(super, PacketView::parse(octets).value()).packets == segments.size());
  if (octets.size() > kMaxSuperPacket) return;
  ByteBuffer again;
  append_super_datagram(again, super);
  CapsuleReader reader;
  reader.feed(again);
  const auto capsule = reader.next().value();
  const auto parsed = parse_super_packet(parse_datagram(capsule->payload)->payload);
  require(parsed && parsed->segmentation == super.segmentation && parsed->bytes.size() == octets.size());
}

void check_gathering(const std::vector<ByteBuffer>& packets) {
  ByteBuffer room(65536);
  UdpGatherer gatherer{room, 0};
  std::vector<ByteBuffer> taken;
  for (const auto& each : packets) {
    if (!gatherer.add(each)) break;
    taken.push_back(each);
  }
  if (taken.empty()) return;
  const SuperPacket super = gatherer.gathered();
  if (super.is_plain())
    return require(taken.size() == 1 && ByteBuffer(super.bytes.begin(), super.bytes.end()) == taken[0]);
  const auto again = cut(PacketView::parse(super.bytes).value(), super.segmentation.size);
  require(again.size() == taken.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    ByteBuffer expected = taken[i];
    // Of a packet that is never fragmented nobody reads the identification.
    if (PacketView::parse(expected)->is_v4()) {
      for (const std::size_t at : {4U, 5U, 10U, 11U}) expected[at] = again[i][at];
    }
    require(again[i] == expected);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto super = parse_super_packet(std::as_bytes(std::span{data, size}));
  if (!super) return 0;
  const auto packet = PacketView::parse(super->bytes);
  if (!packet) return 0;
  const auto fault = find_super_packet_fault(*super, *packet);
  // A segment size of one octet of a large packet says nothing new, and takes long.
  if (fault && super->segmentation.size < 16) return 0;
  const auto segments = cut(*packet, super->segmentation.size);
  check_segments(*packet, segments);
  if (!fault) check_sound(*super, segments);
  check_gathering(segments);
  return 0;
}
