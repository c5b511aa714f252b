#include "common/queue/bulk_flows.hpp"

namespace sallyport {

void BulkFlows::note(const SuperPacket& packet, TimePoint now) noexcept {
  if (packet.bytes.size() < kLarge) return;
  const auto view = PacketView::parse(packet.bytes);
  if (!view) return;
  const std::uint64_t hash = flow_hash(*view, key_);
  until_ = now + kMemory;
  slots_[hash % kSlots] = {static_cast<std::uint32_t>(hash >> 32U), until_};
}

bool BulkFlows::is_answer(Bytes packet, TimePoint now) const noexcept {
  if (now >= until_) return false;
  const auto view = PacketView::parse(packet);
  if (!view) return false;
  const std::uint64_t hash = reverse_flow_hash(*view, key_);
  const Slot& slot = slots_[hash % kSlots];
  return slot.name == static_cast<std::uint32_t>(hash >> 32U) && now < slot.until;
}

}  // namespace sallyport
