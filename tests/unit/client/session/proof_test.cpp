#include "client/session/session.hpp"
#include "common/wire/address_assign.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sallyport {
namespace {

/// A session that came online with these extensions.
struct OnlineClient {
  explicit OnlineClient(Extensions extensions) : session{{.authority = "vpn.example.com"}, {}} {
    session.start(sent);
    ByteBuffer stream;
    append_upgrade_accepted(stream, extensions);
    gateway_sends(stream);
    stream.clear();
    append_address_assign(stream, std::array{AssignedAddress{1, *IpPrefix::parse("10.99.0.7/32")}});
    gateway_sends(stream);
    EXPECT_TRUE(session.is_online());
    sent.clear();
    events.clear();
  }
  void gateway_sends(Bytes plaintext) {
    session.receive(plaintext);
    (void)session.next_packet(sent);
    while (auto event = session.poll_event()) events.push_back(std::move(*event));
  }

  ByteBuffer sent;
  std::vector<ClientEvent> events;
  ClientSession session;
};

TEST(ClientProof, AsksForAChallengeAndPassesOnWhatTheGatewaySaysOfProofs) {
  OnlineClient client{Extensions::all()};
  EXPECT_TRUE(client.session.ask_for_challenge(client.sent));
  ByteBuffer request;
  append_proof_request(request);
  EXPECT_EQ(client.sent, request);
  ByteBuffer stream;
  append_proof_waiting(stream, {{"prod"}, 0});
  append_proof_waiting(stream, {{"git", "prod"}, 0});
  const ProofVerdict verdict{.verdict = "wrong_code", .words = "No.", .tries_left = 4};
  append_proof_verdict(stream, verdict);
  append_capsule(stream, CapsuleType::Proof, as_bytes(R"({"kind":"later"})"));
  client.gateway_sends(stream);
  EXPECT_EQ(client.events, (std::vector<ClientEvent>{ProofWaiting{{"git", "prod"}, 0}, verdict}))
      << "of several lists the newest";
}

TEST(ClientProof, TakesNothingThatWasNotNegotiated) {
  for (const auto extensions : {Extensions{.notice = true, .why = true, .attest = true}, Extensions{.proof = true}}) {
    OnlineClient client{extensions};
    EXPECT_FALSE(client.session.ask_for_challenge(client.sent)) << "a proof needs a challenge to stand in";
    EXPECT_TRUE(client.sent.empty());
  }
  OnlineClient client{Extensions{.attest = true}};
  ByteBuffer stream;
  append_capsule(stream, CapsuleType::Proof, as_bytes("not even JSON"));
  client.gateway_sends(stream);
  EXPECT_TRUE(client.events.empty());
}

TEST(ClientProof, ClosesOnAMalformedMessage) {
  OnlineClient client{Extensions::all()};
  ByteBuffer stream;
  append_capsule(stream, CapsuleType::Proof, as_bytes("not even JSON"));
  client.gateway_sends(stream);
  EXPECT_TRUE(client.session.is_closed());
}

TEST(ClientProof, AsksForNothingBeforeItIsOnline) {
  ClientSession session{{.authority = "vpn.example.com"}, {}};
  ByteBuffer sent;
  EXPECT_FALSE(session.ask_for_challenge(sent));
  EXPECT_TRUE(sent.empty());
}

}  // namespace
}  // namespace sallyport
