#include "client/session/session.hpp"

#include "client/session/inside_packet.hpp"
#include "common/wire/address_assign.hpp"
#include "common/wire/address_request.hpp"
#include "common/wire/datagram.hpp"
#include "tests/unit/client/session/inside_packets.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport {
namespace {

constexpr Now kStart{TimePoint{std::chrono::seconds{1000}}, WallTime{std::chrono::seconds{1800000000}}};

Now after(Duration wait) { return {kStart.steady + wait, kStart.wall}; }

IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

const AssignedAddress kV4{0, prefix("10.99.0.7")};
const AssignedAddress kV6{0, prefix("fd12::7")};

ByteBuffer assignment(const std::vector<AssignedAddress>& addresses) {
  ByteBuffer out;
  append_address_assign(out, addresses);
  return out;
}

ByteBuffer accepted(Extensions extensions = Extensions::all()) {
  ByteBuffer out;
  append_upgrade_accepted(out, extensions);
  return out;
}

ByteBuffer datagram(Bytes packet) {
  ByteBuffer out;
  append_datagram(out, packet);
  return out;
}

/// A session and what came of it.
struct Client {
  explicit Client(ClientSessionOptions options = {.authority = "vpn.example.com"}) : session{options, kStart} {
    session.start(sent);
  }

  /// Gives the session plaintext and drains it.
  void gateway_sends(Bytes plaintext) {
    session.receive(plaintext);
    for (auto packet = session.next_packet(sent); packet && *packet; packet = session.next_packet(sent)) {
      packets.emplace_back((*packet)->bytes.begin(), (*packet)->bytes.end());
    }
    drain();
  }

  void drain() {
    while (auto event = session.poll_event()) events.push_back(std::move(*event));
  }

  void go_online(Extensions extensions = Extensions::all()) {
    gateway_sends(accepted(extensions));
    gateway_sends(assignment({kV4, kV6}));
    ASSERT_TRUE(session.is_online());
    sent.clear();
    events.clear();
  }

  template <class Event>
  [[nodiscard]] const Event* last() const {
    return events.empty() ? nullptr : std::get_if<Event>(&events.back());
  }

  [[nodiscard]] std::optional<CloseReason> closed() const {
    const auto* event = last<Closed>();
    return event == nullptr ? std::nullopt : std::optional{event->reason};
  }

  ByteBuffer sent;
  std::vector<ByteBuffer> packets;
  std::vector<ClientEvent> events;
  ClientSession session;
};

TEST(ClientSession, SendsTheRequestAndNothingElseBeforeTheAnswer) {
  Client client;
  ByteBuffer request;
  append_upgrade_request(request, "vpn.example.com", Extensions::all());
  EXPECT_EQ(client.sent, request);
  const auto refused = client.session.send_packet(inside_packet("10.99.0.7", "10.0.0.1"), client.sent);
  EXPECT_EQ(refused.error(), PacketDrop::NotOnline);
  EXPECT_FALSE(client.session.ask_why("10.0.0.1:25/tcp", 1, client.sent));
  EXPECT_EQ(client.sent, request);
}

TEST(ClientSession, AsksForAddressesOnceTheGatewayAccepted) {
  Client client;
  client.sent.clear();
  client.gateway_sends(accepted());
  ByteBuffer request;
  append_address_request(request, std::vector<RequestedAddress>{{1, prefix("0.0.0.0/32")}, {2, prefix("::/128")}});
  EXPECT_EQ(client.sent, request);
  EXPECT_FALSE(client.session.is_online());
}

TEST(ClientSession, IsOnlineOnceItHasAnAddress) {
  Client client;
  client.gateway_sends(accepted());
  client.gateway_sends(assignment({kV6, kV4}));
  ASSERT_EQ(client.events.size(), 1U);
  EXPECT_EQ(client.events[0], ClientEvent{(Online{{kV4.prefix, kV6.prefix}})});
  EXPECT_EQ(client.session.next_timeout(), std::nullopt);
}

TEST(ClientSession, TellsAddressesOnceHoweverOftenTheyAreAssigned) {
  Client client;
  client.gateway_sends(accepted());
  client.gateway_sends(assignment({kV4}));
  client.gateway_sends(assignment({kV4, {1, kV4.prefix}, {2, prefix("::/128")}}));
  EXPECT_EQ(client.events.size(), 1U);
  client.gateway_sends(assignment({kV4, kV6}));
  EXPECT_EQ(client.events.size(), 2U);
}

TEST(ClientSession, ClosesWhenEveryAddressIsDeclined) {
  Client client;
  client.gateway_sends(accepted());
  client.gateway_sends(assignment({}));
  EXPECT_FALSE(client.session.is_closed());
  client.gateway_sends(assignment({{1, prefix("0.0.0.0/32")}, {2, prefix("::/128")}}));
  EXPECT_EQ(client.closed(), CloseReason::NoAddress);
}

TEST(ClientSession, ClosesWhenItsAddressesAreWithdrawn) {
  Client client;
  client.go_online();
  client.gateway_sends(assignment({}));
  EXPECT_EQ(client.closed(), CloseReason::AddressesWithdrawn);
}

TEST(ClientSession, TakesNoAddressThatWouldMakeForeignOnesItsOwn) {
  for (const std::string_view hostile : {"0.0.0.0/0", "10.0.0.0/24", "127.0.0.1", "169.254.169.254", "224.0.0.1",
                                         "255.255.255.255", "::1", "fe80::1", "ff02::1", "fd00::/64"}) {
    Client client;
    client.gateway_sends(accepted());
    client.gateway_sends(assignment({kV4, {0, prefix(hostile)}}));
    EXPECT_EQ(client.closed(), CloseReason::UnusableAddress) << hostile;
  }
}

TEST(ClientSession, GivesOutPacketsForItsOwnAddress) {
  Client client;
  client.go_online();
  const auto v4 = inside_packet("10.0.0.1", "10.99.0.7");
  const auto v6 = inside_packet("fd00::1", "fd12::7");
  client.gateway_sends(datagram(v4));
  client.gateway_sends(datagram(v6));
  EXPECT_EQ(client.packets, (std::vector<ByteBuffer>{v4, v6}));
  EXPECT_EQ(client.session.traffic().packets_in, 2U);
  EXPECT_EQ(client.session.traffic().bytes_in, v4.size() + v6.size());
}

TEST(ClientSession, LendsAPacketWithoutCopyingIt) {
  Client client;
  client.go_online();
  const auto stream = datagram(inside_packet("10.0.0.1", "10.99.0.7", 1000));
  client.session.receive(stream);
  const auto packet = client.session.next_packet(client.sent);
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ((*packet)->bytes.data(), stream.data() + 4);
}

TEST(ClientSession, DropsInboundPacketsThatAreNotForItAndStaysUp) {
  const std::vector<std::pair<ByteBuffer, PacketDrop>> table{
      {inside_packet("10.0.0.1", "10.99.0.8"), PacketDrop::ForeignDestination},
      {inside_packet("10.0.0.1", "255.255.255.255"), PacketDrop::ForeignDestination},
      {inside_packet("fd00::1", "ff02::1"), PacketDrop::ForeignDestination},
      {inside_packet("127.0.0.1", "10.99.0.7"), PacketDrop::Unroutable},
      {inside_packet("169.254.1.1", "10.99.0.7"), PacketDrop::Unroutable},
      {inside_packet("fe80::1", "fd12::7"), PacketDrop::Unroutable},
      {inside_packet("10.99.0.7", "10.99.0.7"), PacketDrop::ForeignSource},
      {ByteBuffer{}, PacketDrop::Malformed},
      {ByteBuffer(60), PacketDrop::Malformed}};
  for (const auto& [packet, reason] : table) {
    Client client;
    client.go_online();
    client.gateway_sends(datagram(packet));
    EXPECT_TRUE(client.packets.empty()) << describe(reason);
    EXPECT_EQ(client.session.traffic().dropped_in[static_cast<std::size_t>(reason)], 1U) << describe(reason);
    EXPECT_TRUE(client.session.is_online());
  }
}

TEST(ClientSession, DropsPacketsThatComeBeforeAnAddress) {
  Client client;
  client.gateway_sends(accepted());
  client.gateway_sends(datagram(inside_packet("10.0.0.1", "10.99.0.7")));
  EXPECT_TRUE(client.packets.empty());
  EXPECT_FALSE(client.session.is_closed());
}

TEST(ClientSession, SendsPacketsFromItsOwnAddress) {
  Client client;
  client.go_online();
  const auto packet = inside_packet("10.99.0.7", "10.0.0.1");
  EXPECT_TRUE(client.session.send_packet(packet, client.sent));
  EXPECT_EQ(client.sent, datagram(packet));
  EXPECT_EQ(client.session.traffic().packets_out, 1U);
}

TEST(ClientSession, NeverSendsPacketsOfAnotherSource) {
  const std::vector<std::pair<ByteBuffer, PacketDrop>> table{
      {inside_packet("10.99.0.8", "10.0.0.1"), PacketDrop::ForeignSource},
      {inside_packet("fe80::7", "ff02::2"), PacketDrop::ForeignSource},
      {inside_packet("192.168.1.5", "10.0.0.1"), PacketDrop::ForeignSource},
      {inside_packet("10.99.0.7", "224.0.0.251"), PacketDrop::Unroutable},
      {inside_packet("10.99.0.7", "169.254.169.254"), PacketDrop::Unroutable},
      {inside_packet("fd12::7", "fe80::1"), PacketDrop::Unroutable},
      {inside_packet("10.99.0.7", "127.0.0.1"), PacketDrop::Unroutable},
      {ByteBuffer(19, std::byte{0x45}), PacketDrop::Malformed}};
  for (const auto& [packet, reason] : table) {
    Client client;
    client.go_online();
    EXPECT_EQ(client.session.send_packet(packet, client.sent).error(), reason);
    EXPECT_TRUE(client.sent.empty());
    EXPECT_EQ(client.session.traffic().dropped_out[static_cast<std::size_t>(reason)], 1U);
  }
}

TEST(ClientSession, SendsNoPaddingBehindAPacket) {
  Client client;
  client.go_online();
  auto packet = inside_packet("10.99.0.7", "10.0.0.1");
  const auto exact = packet;
  packet.resize(packet.size() + 6);
  EXPECT_TRUE(client.session.send_packet(packet, client.sent));
  EXPECT_EQ(client.sent, datagram(exact));
}

TEST(ClientSession, TellsRoutesWhenTheyChange) {
  Client client;
  client.go_online();
  const std::vector<AdvertisedRoute> routes{{{IpAddress::v4(0x0a140000), IpAddress::v4(0x0a14ffff)}, 0}};
  ByteBuffer advertisement;
  append_route_advertisement(advertisement, routes);
  client.gateway_sends(advertisement);
  client.gateway_sends(advertisement);
  ASSERT_EQ(client.events.size(), 1U);
  EXPECT_EQ(client.events[0], ClientEvent{RoutesChanged{routes}});
  ByteBuffer none;
  append_route_advertisement(none, std::vector<AdvertisedRoute>{});
  client.gateway_sends(none);
  EXPECT_EQ(client.events.back(), ClientEvent{RoutesChanged{}});
}

TEST(ClientSession, ReportsARefusalWithItsDocumentAndCloses) {
  Client client;
  ByteBuffer refusal;
  append_refusal(refusal,
                 Problem{.status = 403, .title = {}, .detail = "ask", .reason = "device_disabled", .code = "K7"});
  client.gateway_sends(refusal);
  ASSERT_EQ(client.events.size(), 2U);
  const auto& refused = std::get<Refused>(client.events[0]);
  EXPECT_EQ(refused.status, 403U);
  EXPECT_EQ(refused.problem.value().reason, "device_disabled");
  EXPECT_EQ(client.closed(), CloseReason::Refused);
  EXPECT_EQ(client.session.next_packet(client.sent).error(), CloseReason::Refused);
}

TEST(ClientSession, ReportsARefusalWhoseDocumentTheCloseCuts) {
  Client client;
  ByteBuffer refusal;
  append_refusal(refusal, Problem{.status = 503, .title = {}, .detail = "busy", .reason = "busy", .code = {}});
  refusal.resize(refusal.size() - 3);
  client.gateway_sends(refusal);
  client.session.end_of_input();
  client.drain();
  ASSERT_EQ(client.events.size(), 2U);
  EXPECT_EQ(std::get<Refused>(client.events[0]).status, 503U);
}

TEST(ClientSession, ClosesOnAnAnswerThatIsNoUpgrade) {
  Client client;
  client.gateway_sends(as_bytes("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"));
  EXPECT_EQ(client.closed(), CloseReason::BadAnswer);
}

TEST(ClientSession, ClosesOnAMalformedCapsule) {
  const auto capsule = [](CapsuleType type, std::string_view value) {
    ByteBuffer out;
    append_capsule(out, type, as_bytes(value));
    return out;
  };
  ByteBuffer too_long;
  append_capsule_header(too_long, CapsuleType::AddressAssign, kMaxCapsuleValue + 1);
  for (const auto& bad : {capsule(CapsuleType::AddressAssign, "x"), capsule(CapsuleType::AddressRequest, ""), too_long,
                          capsule(CapsuleType::RouteAdvertisement, "x"), capsule(CapsuleType::Datagram, ""),
                          capsule(CapsuleType::Notice, "[]"), capsule(CapsuleType::Why, "{}")}) {
    Client client;
    client.go_online();
    client.gateway_sends(bad);
    EXPECT_EQ(client.closed(), CloseReason::BadCapsule);
    EXPECT_EQ(client.events.size(), 1U);
  }
}

TEST(ClientSession, SkipsUnknownCapsulesAndContexts) {
  Client client;
  client.go_online();
  ByteBuffer stream;
  append_capsule(stream, static_cast<CapsuleType>(0x4242), as_bytes("later"));
  append_capsule(stream, CapsuleType::Datagram, as_bytes("\x04later"));
  client.gateway_sends(stream);
  EXPECT_TRUE(client.events.empty());
  EXPECT_EQ(client.session.unknown_contexts(), 1U);
}

TEST(ClientSession, KnowsATruncatedStreamFromAnEnd) {
  const auto stream = datagram(inside_packet("10.0.0.1", "10.99.0.7"));
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    Client client;
    client.go_online();
    client.gateway_sends(Bytes{stream}.first(size));
    client.session.end_of_input();
    client.drain();
    const bool is_whole = size == 0 || size == stream.size();
    EXPECT_EQ(client.closed(), is_whole ? CloseReason::ClosedByGateway : CloseReason::BadCapsule) << size;
  }
}

TEST(ClientSession, GivesUpAfterTenSecondsWithoutATunnel) {
  Client client;
  EXPECT_EQ(client.session.next_timeout(), kStart.steady + std::chrono::seconds{10});
  client.session.handle_timeout(after(std::chrono::milliseconds{9999}));
  EXPECT_FALSE(client.session.is_closed());
  client.gateway_sends(accepted());
  client.session.handle_timeout(after(std::chrono::seconds{10}));
  client.drain();
  EXPECT_EQ(client.closed(), CloseReason::TimedOut);
  EXPECT_EQ(client.session.next_timeout(), std::nullopt);
}

TEST(ClientSession, HasNoDeadlineOnceOnline) {
  Client client;
  client.go_online();
  client.session.handle_timeout(after(std::chrono::hours{1000}));
  EXPECT_TRUE(client.session.is_online());
}

TEST(ClientSession, RefusesAProfileWhoseNameIsNoHost) {
  Client client{{.authority = "evil\r\nX: y"}};
  client.drain();
  EXPECT_EQ(client.closed(), CloseReason::BadAuthority);
  EXPECT_TRUE(client.sent.empty());
}

TEST(ClientSession, PassesOnNoticesWhenNegotiated) {
  Client client;
  client.go_online();
  ByteBuffer stream;
  const DeniedNotice denied{"10.0.0.1:25/tcp", "not_allowed", "ask", "K7Q2-9XPD"};
  const EndingNotice ending{"device_revoked", "ask your administrator"};
  append_notice(stream, denied);
  append_notice(stream, ending);
  append_capsule(stream, CapsuleType::Notice, as_bytes(R"({"kind":"later"})"));
  client.gateway_sends(stream);
  EXPECT_EQ(client.events, (std::vector<ClientEvent>{denied, ending}));
}

TEST(ClientSession, IgnoresExtensionsThatWereNotNegotiated) {
  Client client;
  client.go_online(Extensions{});
  ByteBuffer stream;
  append_notice(stream, EndingNotice{"x", "y"});
  append_capsule(stream, CapsuleType::Why, as_bytes("not even JSON"));
  client.gateway_sends(stream);
  EXPECT_TRUE(client.events.empty());
  EXPECT_FALSE(client.session.ask_why("10.0.0.1:25/tcp", 1, client.sent));
}

TEST(ClientSession, UsesNoExtensionItDidNotOffer) {
  Client client{{.authority = "vpn", .extensions = Extensions{}}};
  client.gateway_sends(accepted(Extensions::all()));
  EXPECT_EQ(client.session.extensions(), Extensions{});
}

TEST(ClientSession, KeepsFewNoticesWhenTheGatewayFloods) {
  Client client;
  client.go_online();
  ByteBuffer flood;
  for (int i = 0; i < 1000; ++i) append_notice(flood, DeniedNotice{"10.0.0.1:25/tcp", "not_allowed", "ask", "x"});
  client.gateway_sends(flood);
  EXPECT_EQ(client.events.size(), 64U);
  EXPECT_EQ(client.session.lost_notices(), 936U);
}

TEST(ClientSession, AsksWhyAndTakesOnlyAnswersToItsQuestions) {
  Client client;
  client.go_online();
  ASSERT_TRUE(client.session.ask_why("10.0.0.1:25/tcp", 7, client.sent));
  ByteBuffer question;
  append_why_request(question, WhyRequest{7, "10.0.0.1:25/tcp"});
  EXPECT_EQ(client.sent, question);
  ByteBuffer stream;
  const WhyAnswer answer{7, "deny", "not_allowed", "ask", "K7Q2-9XPD"};
  append_why_answer(stream, WhyAnswer{8, "allow", "", "", ""});
  append_why_answer(stream, answer);
  append_why_answer(stream, answer);
  client.gateway_sends(stream);
  EXPECT_EQ(client.events, (std::vector<ClientEvent>{answer}));
}

TEST(ClientSession, KeepsAtMost16QuestionsOpen) {
  Client client;
  client.go_online();
  for (std::uint64_t id = 0; id < 16; ++id) EXPECT_TRUE(client.session.ask_why("10.0.0.1:25/tcp", id, client.sent));
  EXPECT_FALSE(client.session.ask_why("10.0.0.1:25/tcp", 16, client.sent));
}

TEST(ClientSession, ClosesOnceAndThenPassesNothing) {
  Client client;
  client.go_online();
  client.session.close();
  client.session.close();
  client.session.end_of_input();
  client.session.handle_timeout(after(std::chrono::hours{1}));
  client.gateway_sends(datagram(inside_packet("10.0.0.1", "10.99.0.7")));
  EXPECT_EQ(client.events.size(), 1U);
  EXPECT_EQ(client.closed(), CloseReason::ClosedByUser);
  EXPECT_TRUE(client.packets.empty());
  EXPECT_FALSE(client.session.send_packet(inside_packet("10.99.0.7", "10.0.0.1"), client.sent));
  EXPECT_TRUE(client.sent.empty());
}

TEST(ClientSession, ComesToTheSameHoweverTheStreamIsCut) {
  ByteBuffer stream = accepted();
  append(stream, assignment({kV4, {1, kV4.prefix}, {2, kV6.prefix}}));
  append_route_advertisement(stream, std::vector<IpRange>{{IpAddress::v4(0x0a000000), IpAddress::v4(0x0affffff)}});
  append(stream, datagram(inside_packet("10.0.0.1", "10.99.0.7")));
  append_notice(stream, EndingNotice{"superseded", "gone"});
  append(stream, datagram(inside_packet("fd00::1", "fd12::7")));
  Client whole;
  whole.gateway_sends(stream);
  ASSERT_EQ(whole.packets.size(), 2U);
  ASSERT_EQ(whole.events.size(), 3U);
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    Client client;
    client.gateway_sends(Bytes{stream}.first(cut));
    client.gateway_sends(Bytes{stream}.subspan(cut));
    EXPECT_EQ(client.packets, whole.packets) << cut;
    EXPECT_EQ(client.events, whole.events) << cut;
    EXPECT_EQ(client.sent, whole.sent) << cut;
  }
}

TEST(InsidePacket, RefusesLengthsThatDoNotFit) {
  for (const std::string_view address : {"10.0.0.1", "fd00::1"}) {
    const auto packet = inside_packet(address, address);
    for (std::size_t size = 0; size < packet.size(); ++size) {
      EXPECT_FALSE(InsidePacket::parse(Bytes{packet}.first(size))) << size;
    }
    EXPECT_TRUE(InsidePacket::parse(packet));
  }
  auto packet = inside_packet("10.0.0.1", "10.0.0.2");
  packet[0] = std::byte{0x44};
  EXPECT_FALSE(InsidePacket::parse(packet));
  packet[0] = std::byte{0x4f};
  EXPECT_FALSE(InsidePacket::parse(packet));
}

}  // namespace
}  // namespace sallyport
