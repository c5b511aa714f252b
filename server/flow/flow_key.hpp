#pragma once

#include "common/ip/address.hpp"
#include "common/ip/icmp_quote.hpp"
#include "common/ip/packet.hpp"
#include "server/policy/destination.hpp"

#include <cstdint>

namespace sallyport {

/// Which of the two ends of a flow sent a packet.
enum class Sender : std::uint8_t { Client, Office };

/// One flow of one device. Its inside address is the session's, so it is not repeated here.
struct FlowKey {
  IpAddress office;
  std::uint8_t protocol = 0;
  std::uint16_t client_port = 0;  ///< identifier of an ICMP echo; 0 for protocols without ports
  std::uint16_t office_port = 0;

  /// `packet` has a transport header.
  [[nodiscard]] static FlowKey of(const PacketView& packet, Sender sender) noexcept {
    const bool ours = sender == Sender::Client;
    if (packet.is_icmp())
      return {ours ? packet.destination() : packet.source(), packet.protocol(), packet.echo_id(), 0};
    if (ours) return {packet.destination(), packet.protocol(), packet.source_port(), packet.destination_port()};
    return {packet.source(), packet.protocol(), packet.destination_port(), packet.source_port()};
  }

  /// Of the packet that an ICMP error quotes, which `sender` sent.
  [[nodiscard]] static FlowKey of(const IcmpQuote& quote, Sender sender) noexcept {
    const bool ours = sender == Sender::Client;
    const IpAddress& office = ours ? quote.destination : quote.source;
    if (quote.protocol == PacketView::icmp_of(office.version())) return {office, quote.protocol, quote.echo_id, 0};
    if (ours) return {office, quote.protocol, quote.source_port, quote.destination_port};
    return {office, quote.protocol, quote.destination_port, quote.source_port};
  }

  /// What policy judges, whichever end sends.
  [[nodiscard]] Destination destination() const noexcept { return {office, protocol, office_port}; }

  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

}  // namespace sallyport
