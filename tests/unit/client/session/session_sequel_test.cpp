#include "client/session/session.hpp"

#include "common/wire/address_assign.hpp"
#include "common/wire/probe.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

constexpr Now kStart{TimePoint{std::chrono::seconds{1000}}, WallTime{std::chrono::seconds{1800000000}}};

/// A session that the gateway has accepted with some extensions, and that has no address yet.
struct Client {
  explicit Client(Extensions extensions = Extensions::all()) : session{{.authority = "vpn.example.com"}, kStart} {
    session.start(sent);
    ByteBuffer answer;
    append_upgrade_accepted(answer, extensions);
    gateway_sends(answer);
  }
  void gateway_sends(Bytes plaintext) {
    sent.clear();
    session.receive(plaintext);
    while (true) {
      const auto packet = session.next_packet(sent);
      if (!packet || !*packet) break;
    }
    while (auto event = session.poll_event()) events.push_back(std::move(*event));
  }
  void go_online() {
    ByteBuffer assignment;
    append_address_assign(assignment, std::vector{AssignedAddress{0, IpPrefix::parse("10.99.0.7/32").value()}});
    gateway_sends(assignment);
    events.clear();
  }

  ByteBuffer sent;
  std::vector<ClientEvent> events;
  ClientSession session;
};

ByteBuffer probe() {
  ByteBuffer capsule;
  append_probe(capsule, Probe{7});
  return capsule;
}

TEST(ClientSessionSequel, AsksForASignOfLifeAndDoesNotAnswerItsAnswer) {
  Client client;
  ByteBuffer question;
  EXPECT_FALSE(client.session.probe(question)) << "not online yet";
  client.go_online();
  EXPECT_TRUE(client.session.probe(question));
  ByteBuffer expected;
  append_probe(expected, Probe{Probe::kFromClient | 1U});
  EXPECT_EQ(question, expected);
  client.gateway_sends(question);
  EXPECT_TRUE(client.sent.empty());
}

TEST(ClientSessionSequel, AsksNoGatewayThatDoesNotKnowTheQuestion) {
  Client client{Extensions{.notice = true}};
  client.go_online();
  ByteBuffer question;
  EXPECT_FALSE(client.session.probe(question));
}

TEST(ClientSessionSequel, PassesOnThatItIsToMoveAndGoesOnMeanwhile) {
  Client client;
  client.go_online();
  ByteBuffer stream;
  const MoveNotice move{"lifetime", "a new one is to take its place", std::chrono::seconds{60}};
  append_notice(stream, move);
  client.gateway_sends(stream);
  EXPECT_EQ(client.events, (std::vector<ClientEvent>{move}));
  EXPECT_TRUE(client.session.is_online());
}

TEST(ClientSessionSequel, AnswersAProbeWithTheSameOctetsAlsoBeforeItHasAnAddress) {
  Client client;
  client.gateway_sends(probe());
  EXPECT_EQ(client.sent, probe());
  client.go_online();
  client.gateway_sends(probe());
  EXPECT_EQ(client.sent, probe());
}

TEST(ClientSessionSequel, AnswersNoProbeThatWasNotNegotiated) {
  Client plain{Extensions{}};
  plain.gateway_sends(probe());
  EXPECT_TRUE(plain.sent.empty());
  EXPECT_FALSE(plain.session.is_closed());
}

TEST(ClientSessionSequel, ClosesOnAProbeThatIsNone) {
  Client client;
  ByteBuffer broken;
  append_capsule(broken, CapsuleType::Probe, as_bytes("1234567"));
  client.gateway_sends(broken);
  EXPECT_TRUE(client.session.is_closed());
}

}  // namespace
}  // namespace sallyport
