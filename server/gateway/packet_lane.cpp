#include "server/gateway/packet_lane.hpp"

#include <utility>

namespace sallyport {

bool PacketLane::give(const SuperPacket& packet) {
  if (!octets_) {
    octets_ = std::make_unique_for_overwrite<std::byte[]>(kOctets);  // NOLINT(modernize-avoid-c-arrays)
    places_ = std::make_unique_for_overwrite<Place[]>(kPackets);     // NOLINT(modernize-avoid-c-arrays)
  }
  is_used_ = true;
  const auto size = packet.bytes.size();
  const auto taken = taken_.load(std::memory_order_acquire);
  const bool is_empty = taken == filled_;
  if (filled_ - taken >= kPackets) return false;
  const auto at = static_cast<std::size_t>(end_ % kOctets);
  // A packet lies in one piece. An empty ring begins anew: what is used all the time stays in the caches.
  const std::size_t skipped = at != 0 && (is_empty || at + size > kOctets) ? kOctets - at : 0;
  const std::uint64_t used = is_empty ? 0 : end_ - places_[taken % kPackets].begin + skipped;
  if (used + size > kOctets) return false;
  const auto begin = (at + skipped) % kOctets;
  std::copy(packet.bytes.begin(), packet.bytes.end(), octets_.get() + begin);
  places_[filled_ % kPackets] = {is_empty ? end_ + skipped : end_, begin, size, packet.segmentation};
  end_ += skipped + size;
  ++filled_;
  return true;
}

/// The taker has let go of everything that it counted, and looks at nothing else.
void PacketLane::release_unused() noexcept {
  if (std::exchange(is_used_, false) || taken_.load(std::memory_order_acquire) != filled_) return;
  octets_.reset();
  places_.reset();
}

bool PacketLane::publish() noexcept {
  if (given_.load(std::memory_order_relaxed) == filled_) return false;
  given_.store(filled_, std::memory_order_release);
  return true;
}

}  // namespace sallyport
