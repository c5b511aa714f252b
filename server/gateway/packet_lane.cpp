#include "server/gateway/packet_lane.hpp"

#include <algorithm>

namespace sallyport {

void PacketLane::Batch::add(const SuperPacket& packet) {
  if (!octets) {
    octets = std::make_unique_for_overwrite<std::byte[]>(kBatchOctets);  // NOLINT(modernize-avoid-c-arrays)
    places.reserve(kBatchPackets);
  }
  std::copy(packet.bytes.begin(), packet.bytes.end(), octets.get() + used);
  places.push_back({used, packet.bytes.size(), packet.segmentation});
  used += packet.bytes.size();
}

bool PacketLane::give(const SuperPacket& packet) {
  const auto size = packet.bytes.size();
  if (size > kBatchOctets || !is_free()) return false;
  if (!filling().has_room(size)) {
    pass_on();
    if (!is_free()) return false;
  }
  filling().add(packet);
  return true;
}

void PacketLane::pass_on() noexcept {
  given_.store(given_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  is_unannounced_ = true;
}

bool PacketLane::publish() noexcept {
  if (is_free() && !filling().places.empty()) pass_on();
  return std::exchange(is_unannounced_, false);
}

}  // namespace sallyport
