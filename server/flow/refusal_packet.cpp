#include "server/flow/refusal_packet.hpp"

#include "common/ip/packet.hpp"
#include "common/ip/segments.hpp"

#include <array>

namespace sallyport {

std::size_t write_refusal(const SuperPacket& packet, const Judgement& judgement, MutableBytes out) noexcept {
  if (judgement.action != Action::Refuse) return 0;
  const auto view = PacketView::parse(packet.bytes);
  if (!view || packet.is_plain()) return view ? write_refusal(*view, Refusal::Prohibited, out) : 0;
  std::array<std::byte, kMaxSegment> first;
  const auto segments = Segments::of(*view, packet.segmentation.size);
  if (!segments || segments->length(0) > first.size()) return 0;
  const auto segment = PacketView::parse(Bytes{first}.first(segments->write(0, first)));
  return segment ? write_refusal(*segment, Refusal::Prohibited, out) : 0;
}

}  // namespace sallyport
