#include "client/session/session.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

constexpr Now kStart{TimePoint{std::chrono::seconds{1000}}, WallTime{std::chrono::seconds{1800000000}}};

/// A session that the gateway has accepted with some extensions.
struct Client {
  explicit Client(Extensions extensions) : session{{.authority = "vpn.example.com"}, kStart} {
    session.start(sent);
    ByteBuffer answer;
    append_upgrade_accepted(answer, extensions);
    gateway_sends(answer);
  }
  void gateway_sends(Bytes plaintext) {
    session.receive(plaintext);
    while (true) {
      const auto packet = session.next_packet(sent);
      if (!packet || !*packet) break;
    }
    while (auto event = session.poll_event()) events.push_back(std::move(*event));
  }

  ClientSession session;
  ByteBuffer sent;
  std::vector<ClientEvent> events;
};

TEST(ClientSessionPosture, GivesTheNewestStandingAndDropsOlderOnesThatNobodyRead) {
  Client client{Extensions::all()};
  const auto standing = [](PostureState state) {
    return PostureStanding{{{"healthy", state, true, {{"firewall", "true", "false", state}}}}, 0};
  };
  ByteBuffer capsules;
  for (int i = 0; i < 1'000; ++i) append_posture_standing(capsules, standing(PostureState::Fails));
  append_posture_standing(capsules, standing(PostureState::Holds));
  client.events.clear();
  client.gateway_sends(capsules);
  ASSERT_EQ(client.events.size(), 1U);
  EXPECT_EQ(std::get<PostureStanding>(client.events[0]), standing(PostureState::Holds));
}

TEST(ClientSessionPosture, SkipsAStandingWithoutAttestationAndEndsOnOneThatIsNotOfItsForm) {
  ByteBuffer malformed;
  append_capsule(malformed, CapsuleType::Posture, as_bytes(std::string_view{"{}"}));
  Client plain{Extensions{.notice = true, .why = true, .attest = false}};
  plain.gateway_sends(malformed);
  EXPECT_FALSE(plain.session.is_closed());
  Client client{Extensions::all()};
  client.gateway_sends(malformed);
  EXPECT_TRUE(client.session.is_closed());
}

TEST(ClientSessionPosture, EndsWhenAGatewayAsksForMoreThanItMay) {
  AttestChallenge challenge;
  challenge.wants.files = {"/home/ana/../bo"};
  ByteBuffer capsule;
  append_attest_challenge(capsule, challenge);
  Client client{Extensions::all()};
  client.gateway_sends(capsule);
  EXPECT_TRUE(client.session.is_closed());
}

}  // namespace
}  // namespace sallyport
