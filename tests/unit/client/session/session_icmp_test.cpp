#include "client/session/session.hpp"

#include "common/wire/address_assign.hpp"
#include "common/wire/datagram.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

constexpr Now kStart{TimePoint{std::chrono::seconds{1000}}, WallTime{std::chrono::seconds{1800000000}}};

/// A session that is online, and what passed it to the inside.
struct Client {
  Client() : session{{.authority = "vpn.example.com"}, kStart} {
    session.start(sent);
    ByteBuffer beginning;
    append_upgrade_accepted(beginning, Extensions::all());
    append_address_assign(beginning, std::array{AssignedAddress{0, IpPrefix::parse("10.99.0.7").value()},
                                                AssignedAddress{0, IpPrefix::parse("fd12::7").value()}});
    receive(beginning);
    EXPECT_TRUE(session.is_online());
  }
  void gateway_sends(Bytes packet) {
    ByteBuffer capsule;
    append_datagram(capsule, packet);
    receive(capsule);
  }
  void receive(Bytes plaintext) {
    session.receive(plaintext);
    for (auto packet = session.next_packet(sent); packet && *packet; packet = session.next_packet(sent)) {
      packets.emplace_back((*packet)->bytes.begin(), (*packet)->bytes.end());
    }
  }

  ClientSession session;
  ByteBuffer sent;
  std::vector<ByteBuffer> packets;
};

/// An error about a packet from `from` to `to`, sent to our inside address of that family.
ByteBuffer error_about(std::string_view from, std::string_view to, const test::Transport& transport) {
  const bool v4 = IpAddress::parse(from)->is_v4();
  const auto error = test::icmp_error(v4 ? 1 : 58, v4 ? 3 : 1, v4 ? 3 : 4, test::packet(from, to, transport));
  return test::packet(v4 ? "10.20.4.10" : "fd00:20::1", v4 ? "10.99.0.7" : "fd12::7", error);
}

TEST(ClientSession, TakesNoErrorAboutAConnectionOutsideTheTunnel) {
  const auto whole = error_about("192.168.1.5", "192.0.2.53", test::udp(40000, 53));
  const auto whole_v6 = error_about("2001:db8::5", "2001:db8::53", test::udp(40000, 53));
  const auto hidden =
      test::packet("fd00:20::1", "fd12::7",
                   test::icmp_error(58, 2, 0, test::packet("2001:db8::5", "2001:db8::53", test::tcp(1, 2, 0x10))),
                   {{60, test::octets({0, 1, 4, 0, 0, 0, 0})}});
  const std::vector<std::pair<ByteBuffer, PacketDrop>> table{
      {whole, PacketDrop::ForeignQuote},
      {whole_v6, PacketDrop::ForeignQuote},
      {hidden, PacketDrop::ForeignQuote},
      {error_about("10.99.0.8", "192.0.2.53", test::udp(40000, 53)), PacketDrop::ForeignQuote},
      // What an error quotes could come with a later fragment, or stand behind the end of a first one.
      {test::fragment(whole, 7, 0, 16, true), PacketDrop::ForeignQuote},
      {test::fragment(whole_v6, 7, 0, 16, true), PacketDrop::ForeignQuote},
      {test::fragment(hidden, 7, 0, 8, true), PacketDrop::Malformed},
      {test::packet("10.20.4.10", "10.99.0.7", test::icmp(1, 3, 3, test::zeros(4))), PacketDrop::ForeignQuote}};
  for (const auto& [packet, reason] : table) {
    Client client;
    client.gateway_sends(packet);
    EXPECT_TRUE(client.packets.empty()) << describe(reason);
    EXPECT_EQ(client.session.traffic().dropped_in[static_cast<std::size_t>(reason)], 1U) << describe(reason);
  }
}

TEST(ClientSession, TakesErrorsAboutItsOwnPacketsAndAllOtherIcmp) {
  for (const auto& packet :
       {error_about("10.99.0.7", "10.20.4.10", test::udp(40000, 53)),
        error_about("fd12::7", "fd00:20::1", test::tcp(1, 2, 0x02)),
        error_about("10.99.0.7", "10.20.4.10", test::echo(1, false, 9)),
        test::packet("10.20.4.10", "10.99.0.7", test::echo(1, true, 9)),
        test::packet("fd00:20::1", "fd12::7", test::echo(58, true, 9)),
        test::fragment(test::packet("fd00:20::1", "fd12::7", test::udp(53, 1, 40)), 7, 16, 16, true)}) {
    Client client;
    client.gateway_sends(packet);
    EXPECT_EQ(client.packets, std::vector<ByteBuffer>{packet});
  }
}

}  // namespace
}  // namespace sallyport
