#include "tun/packet_writer.hpp"

#include <functional>

namespace sallyport {
namespace {

/// kTunHeadroom octets and the packet, where `lender` holds both; otherwise empty.
MutableBytes room_of(Bytes packet, MutableBytes lender) noexcept {
  const std::less<const std::byte*> before;
  const std::byte* const first = lender.data();
  if (before(packet.data(), first) || before(first + lender.size(), packet.data() + packet.size())) return {};
  const auto at = static_cast<std::size_t>(packet.data() - first);
  return at < kTunHeadroom ? MutableBytes{} : lender.subspan(at - kTunHeadroom, kTunHeadroom + packet.size());
}

}  // namespace

void PacketWriter::write(TunDevice& device, const SuperPacket& super, MutableBytes lender) noexcept {
  if (gather(device, super)) return;
  flush(device);
  if (gather(device, super)) return;
  write_now(device, super, lender);
}

bool PacketWriter::gather(const TunDevice& device, const SuperPacket& super) noexcept {
  if (!super.is_plain()) return false;
  if (gatherer_.is_empty() && acks_.hold(super.bytes)) return true;
  return acks_.is_empty() && device.takes_udp_segments() && gatherer_.add(super.bytes);
}

void PacketWriter::flush(TunDevice& device) noexcept {
  if (!acks_.is_empty()) {
    write_now(device, acks_.held(), {});
    acks_.clear();
  }
  if (gatherer_.is_empty()) return;
  write_now(device, gatherer_.gathered(), room_);
  gatherer_.clear();
}

void PacketWriter::write_now(TunDevice& device, const SuperPacket& super, MutableBytes lender) noexcept {
  const MutableBytes room = room_of(super.bytes, lender);
  const bool taken = room.empty() ? device.write(super) : device.write_over(room, super.segmentation);
  if (!taken) ++lost_;
}

}  // namespace sallyport
