#include "common/queue/bulk_flows.hpp"

namespace sallyport {
namespace {

/// TCP without a payload: an acknowledgement, or a connection that begins or ends, which bulk has as well.
bool is_bare_tcp(const PacketView& packet) noexcept {
  if (!packet.is_tcp() || !packet.has_transport()) return false;
  const Bytes segment = packet.transport();
  return segment.size() <= (std::to_integer<std::size_t>(segment[12]) >> 4U) * 4;
}

}  // namespace

void BulkFlows::note(const SuperPacket& packet, TimePoint now) noexcept {
  if (packet.bytes.size() < kLarge) return;
  const auto view = PacketView::parse(packet.bytes);
  if (!view) return;
  const std::uint64_t hash = flow_hash(*view, key_);
  until_ = now + kMemory;
  slots_[hash % kSlots] = {static_cast<std::uint32_t>(hash >> 32U), until_};
}

bool BulkFlows::is_sparse(const SuperPacket& packet, TimePoint now) const noexcept {
  if (packet.bytes.size() >= kLarge) return false;
  const auto view = PacketView::parse(packet.bytes);
  return view && !is_bare_tcp(*view) && !(now < until_ && counts(flow_hash(*view, key_), now));
}

bool BulkFlows::is_answer(Bytes packet, TimePoint now) const noexcept {
  if (now >= until_) return false;
  const auto view = PacketView::parse(packet);
  return view && counts(reverse_flow_hash(*view, key_), now);
}

bool BulkFlows::counts(std::uint64_t hash, TimePoint now) const noexcept {
  const Slot& slot = slots_[hash % kSlots];
  return slot.name == static_cast<std::uint32_t>(hash >> 32U) && now < slot.until;
}

}  // namespace sallyport
