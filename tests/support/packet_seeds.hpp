#pragma once

#include "tests/support/packets.hpp"

#include <string>
#include <vector>

namespace sallyport::test {

struct PacketSeed {
  std::string name;
  ByteBuffer bytes;
};

/// One packet of every kind the parser tells apart, good and bad: where mutation and fuzzing start.
inline std::vector<PacketSeed> packet_seeds() {
  const auto a4 = address("10.99.0.2"), b4 = address("10.20.4.10");
  const auto a6 = address("fd12::2"), b6 = address("fd00:20::10");
  const auto nop = octets({1, 1, 1, 0});
  const auto padding = octets({0, 1, 4, 0, 0, 0, 0});
  const auto routing_inert = octets({0, 3, 0, 0, 0, 0, 0});
  const auto tcp4 = packet(a4, b4, tcp(40000, 443, kSyn)), tcp6 = packet(a6, b6, tcp(40000, 443, kSyn));
  const auto udp4 = packet(a4, b4, udp(5000, 53, 1400)), udp6 = packet(a6, b6, udp(5000, 53, 1400));
  return {
      {"tcp4", tcp4},
      {"tcp6", tcp6},
      {"udp4", packet(a4, b4, udp(5000, 53))},
      {"udp6", packet(a6, b6, udp(5000, 53))},
      {"echo4", packet(a4, b4, echo(1, false, 7))},
      {"echo6", packet(a6, b6, echo(58, false, 7))},
      {"gre4", packet(a4, b4, raw(47, zeros(24)))},
      {"none6", packet(a6, b6, raw(59, {}))},
      {"reset4", packet(a4, b4, tcp(40000, 443, kRst | kAck))},
      {"options4", packet(a4, b4, tcp(40000, 443, kAck, 10), {}, nop)},
      {"record_route4", packet(a4, b4, udp(1, 2), {}, octets({7, 7, 4, 0, 0, 0, 0, 0}))},
      {"loose_route4", packet(a4, b4, udp(1, 2), {}, octets({131, 7, 4, 10, 0, 0, 1, 0}))},
      {"strict_route4", packet(a4, b4, udp(1, 2), {}, octets({1, 137, 7, 4, 10, 0, 0, 1}))},
      {"bad_option4", packet(a4, b4, udp(1, 2), {}, octets({7, 200, 0, 0}))},
      {"first4", fragment(udp4, 77, 0, 800, true)},
      {"middle4", fragment(udp4, 77, 800, 400, true)},
      {"last4", fragment(udp4, 77, 1200, 208, false)},
      {"tiny4", fragment(tcp4, 78, 0, 16, true)},
      {"offset_one4", fragment(tcp4, 78, 8, 12, false)},
      {"first6", fragment(udp6, 77, 0, 800, true)},
      {"last6", fragment(udp6, 77, 800, 608, false)},
      {"tiny6", fragment(tcp6, 78, 0, 16, true)},
      {"atomic6", fragment(tcp6, 79, 0, 20, false)},
      {"chain6", packet(a6, b6, tcp(1, 2, kSyn), {{0, padding}, {60, padding}, {43, routing_inert}, {60, padding}})},
      {"authenticated6", packet(a6, b6, udp(1, 2),
                                {{51,
                                  [] {
                                    auto body = zeros(15);
                                    body[0] = std::byte{2};
                                    return body;
                                  }()}})},
      {"hop_by_hop_late6", packet(a6, b6, udp(1, 2), {{60, padding}, {0, padding}})},
      {"routing0_6", packet(a6, b6, udp(1, 2), {{43, zeros(7)}})},
      {"routing_used6", packet(a6, b6, udp(1, 2), {{43, octets({0, 4, 1, 0, 0, 0, 0})}})},
      {"home_address6", packet(a6, b6, udp(1, 2), {{60, octets({0, 201, 4, 0, 0, 0, 0})}})},
      {"nine6", packet(a6, b6, udp(1, 2), std::vector<Extension>(9, {60, padding}))},
      {"fragment_twice6",
       packet(a6, b6, udp(1, 2), {{44, fragment_body(1, 0, false)}, {44, fragment_body(2, 0, false)}})},
      {"unreachable4", packet(b4, a4, icmp_error(1, 3, 1, tcp4, 28))},
      {"too_big6", packet(b6, a6, icmp_error(58, 2, 0, udp6))},
      {"quotes_chain6", packet(b6, a6, icmp_error(58, 1, 0, packet(a6, b6, udp(1, 2), {{60, padding}})))},
      {"cut_short4", {tcp4.begin(), tcp4.begin() + 30}},
      {"cut_short6", {tcp6.begin(), tcp6.begin() + 30}},
      {"version5", octets({0x50, 0, 0, 0})},
  };
}

}  // namespace sallyport::test
