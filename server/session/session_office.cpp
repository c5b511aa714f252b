#include "common/wire/packet_datagrams.hpp"
#include "server/session/session.hpp"

// Packets from the office, at once and after they had to wait.

namespace sallyport {

void Session::send_packet(const SuperPacket& packet, Now now, ByteBuffer& out) {
  if (state_ != State::Online) return;
  keep_rights(now);
  send_judged(packet, filter_.judge_from_office(packet, now), now, out);
}

std::optional<Session::Admitted> Session::admit(const SuperPacket& packet, Now now) {
  if (state_ != State::Online) return std::nullopt;
  keep_rights(now);
  const Judgement judgement = filter_.judge_from_office(packet, now);
  if (judgement.turn != FlowTurn::None) note_turn(judgement, now);
  if (judgement.action != Action::Pass) return std::nullopt;
  return Admitted{{judgement.packet, packet.segmentation}, {admission(), judgement.decision.valid_until}};
}

void Session::send_admitted(const SuperPacket& packet, const LetIn& let_in, Now now, ByteBuffer& out) {
  if (state_ != State::Online) return;
  keep_rights(now);
  if (let_in.tag != admission() || now.wall >= let_in.until)
    return send_judged(packet, filter_.judge_again(packet, now), now, out);
  if (const auto view = PacketView::parse(packet.bytes)) pass(packet, tally_of(packet, *view), now, out);
}

void Session::send_judged(const SuperPacket& packet, const Judgement& judgement, Now now, ByteBuffer& out) {
  if (judgement.turn != FlowTurn::None) note_turn(judgement, now);
  if (judgement.action == Action::Pass) pass({judgement.packet, packet.segmentation}, judgement.tally, now, out);
}

void Session::pass(const SuperPacket& packet, const PacketTally& tally, Now now, ByteBuffer& out) {
  append_packet(out, packet, extensions_.gso);
  life_.note_packet(now.steady);
  last_passed_ = now.steady;
  traffic_.packets_out += tally.packets;
  traffic_.bytes_out += tally.octets;
}

/// The session and its generation: what another one let in is judged again.
std::uint64_t Session::admission() const noexcept {
  return static_cast<std::uint64_t>(grant_.id) << 32U | (filter_.generation() & 0xffff'ffffU);
}

}  // namespace sallyport
