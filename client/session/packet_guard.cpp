#include "client/session/packet_guard.hpp"

#include "client/session/about_whom.hpp"
#include "common/ip/packet.hpp"
#include "common/ip/segments.hpp"
#include "common/wire/capsule.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// A super-packet that a gateway may send.
bool is_sound(const SuperPacket& super) {
  const auto packet = PacketView::parse(super.bytes);
  return packet && !find_super_packet_fault(super, *packet);
}

/// Of a plain packet, or of a super-packet that was found sound or was cut.
PacketTally tally_at_inside(const SuperPacket& packet) {
  if (packet.is_plain()) return {1, packet.bytes.size()};
  const auto view = PacketView::parse(packet.bytes);
  const auto segments = view ? Segments::of(*view, packet.segmentation.size) : std::nullopt;
  return segments ? segments->tally() : PacketTally{1, packet.bytes.size()};
}

}  // namespace

std::string_view describe(PacketDrop drop) noexcept {
  switch (drop) {
    case PacketDrop::NotOnline:
      return "the tunnel is not up";
    case PacketDrop::Malformed:
      return "not a whole IP packet";
    case PacketDrop::ForeignSource:
      return "the source is not our inside address";
    case PacketDrop::ForeignDestination:
      return "the destination is not our inside address";
    case PacketDrop::Unroutable:
      return "a loopback, link-local, multicast or unspecified address";
    case PacketDrop::BadSuperPacket:
      return "a super-packet that is not what it says, or that cannot be cut";
    case PacketDrop::ForeignQuote:
      return "an ICMP error about a packet that our inside address did not send";
  }
  return "unknown";
}

void PacketGuard::open(std::vector<IpPrefix> addresses) {
  addresses_ = std::move(addresses);
  is_open_ = true;
}

Result<SuperPacket, PacketDrop> PacketGuard::admit(const SuperPacket& packet) noexcept {
  if (!is_open_) return fail(drop_outbound(PacketDrop::NotOnline));
  const auto inside = InsidePacket::parse(packet.bytes);
  if (!inside || inside->bytes.size() > kMaxPacket) return fail(drop_outbound(PacketDrop::Malformed));
  if (!owns(inside->source)) return fail(drop_outbound(PacketDrop::ForeignSource));
  if (is_unroutable(inside->destination)) return fail(drop_outbound(PacketDrop::Unroutable));
  return SuperPacket{inside->bytes, packet.segmentation};
}

void PacketGuard::note_sent(const SuperPacket& packet) noexcept {
  const PacketTally tally = tally_at_inside(packet);
  traffic_.packets_out += tally.packets;
  traffic_.bytes_out += tally.octets;
}

std::optional<SuperPacket> PacketGuard::take(const SuperPacket& packet) noexcept {
  const auto inside = InsidePacket::parse(packet.bytes);
  const auto fault = inside ? fault_inbound(*inside) : PacketDrop::Malformed;
  if (fault) return drop_inbound(*fault);
  if (!packet.is_plain() && !is_sound(packet)) return drop_inbound(PacketDrop::BadSuperPacket);
  const SuperPacket whole{inside->bytes, packet.segmentation};
  const PacketTally tally = tally_at_inside(whole);
  traffic_.packets_in += tally.packets;
  traffic_.bytes_in += tally.octets;
  return whole;
}

PacketDrop PacketGuard::drop_outbound(PacketDrop reason) noexcept {
  ++traffic_.dropped_out[static_cast<std::size_t>(reason)];
  return reason;
}

std::nullopt_t PacketGuard::drop_inbound(PacketDrop reason) noexcept {
  ++traffic_.dropped_in[static_cast<std::size_t>(reason)];
  return std::nullopt;
}

std::optional<PacketDrop> PacketGuard::fault_inbound(const InsidePacket& packet) const noexcept {
  if (!is_open_) return PacketDrop::NotOnline;
  if (!owns(packet.destination)) return PacketDrop::ForeignDestination;
  if (is_unroutable(packet.source)) return PacketDrop::Unroutable;
  // Our own address as a source from outside: a spoof that the kernel might take for local traffic.
  if (owns(packet.source)) return PacketDrop::ForeignSource;
  switch (about_whom(packet)) {
    case AboutWhom::Us:
      return std::nullopt;
    case AboutWhom::Others:
      return PacketDrop::ForeignQuote;
    case AboutWhom::Unreadable:
      return PacketDrop::Malformed;
  }
  return PacketDrop::Malformed;
}

bool PacketGuard::owns(const IpAddress& address) const noexcept {
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const IpPrefix& own) { return own.contains(address); });
}

}  // namespace sallyport
