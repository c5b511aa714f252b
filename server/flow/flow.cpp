#include "server/flow/flow.hpp"

#include "common/ip/protocol.hpp"

namespace sallyport {
namespace {

bool is_opening_segment(std::uint8_t flags) noexcept {
  return (flags & (tcp_flag::kSyn | tcp_flag::kAck | tcp_flag::kRst)) == tcp_flag::kSyn;
}

/// Closing is reached by RST, or by FIN from both ends: a half-closed connection may stay silent for long.
void note_segment(Flow& flow, std::uint8_t flags, Sender sender) noexcept {
  if (sender == Sender::Client && flow.state == FlowState::TcpClosing && is_opening_segment(flags)) {
    flow.state = FlowState::TcpOpening;
    flow.client_finished = flow.office_finished = false;
  }
  if ((flags & tcp_flag::kFin) != 0) (sender == Sender::Client ? flow.client_finished : flow.office_finished) = true;
  if ((flags & tcp_flag::kRst) != 0 || (flow.client_finished && flow.office_finished)) {
    flow.state = FlowState::TcpClosing;
  } else if (sender == Sender::Office && flow.state == FlowState::TcpOpening) {
    flow.state = FlowState::TcpEstablished;
  }
}

}  // namespace

std::string_view name_of(FlowState state) noexcept {
  switch (state) {
    case FlowState::Free:
      return "free";
    case FlowState::TcpOpening:
      return "tcp_opening";
    case FlowState::TcpEstablished:
      return "tcp_established";
    case FlowState::TcpClosing:
      return "tcp_closing";
    case FlowState::Udp:
      return "udp";
    case FlowState::Echo:
      return "echo";
    case FlowState::Other:
      return "other";
  }
  return "invalid";
}

FlowState Flow::first_state(const FlowKey& key) noexcept {
  if (key.protocol == ip_protocol::kTcp) return FlowState::TcpOpening;
  if (key.protocol == ip_protocol::kUdp) return FlowState::Udp;
  if (key.protocol == PacketView::icmp_of(key.office.version())) return FlowState::Echo;
  return FlowState::Other;
}

void Flow::note(const PacketView& packet, const PacketTally& tally, Sender sender, TimePoint now) noexcept {
  last_seen = now;
  if (sender == Sender::Client) {
    traffic.packets_in += tally.packets;
    traffic.bytes_in += tally.octets;
  } else {
    traffic.packets_out += tally.packets;
    traffic.bytes_out += tally.octets;
  }
  if (packet.is_tcp()) note_segment(*this, packet.tcp_flags(), sender);
}

}  // namespace sallyport
