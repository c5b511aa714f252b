#include "tests/support/conversation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/wire/datagram.hpp"
#include "common/wire/probe.hpp"
#include "tests/support/packets.hpp"

// One session of a laptop after the other, and what ends each in time: docs/protocol.md section 18.

namespace sallyport {
namespace {

using namespace test;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kPolicy = R"(
version = 1
[posture.firewalled]
firewall = true
reported_within = "10m"
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
prod = { net = "10.20.4.11", ports = "443/tcp" }
vault = { net = "10.20.4.12", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
[allow.prod]
who = "everyone"
to  = "prod"
posture = "firewalled"
[allow.vault]
who = "everyone"
to  = "vault"
proof_age = "1h"
)";
constexpr const char* kBody =
    R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6","facts":{"firewall":true}}})";

ByteBuffer request(const char* office) { return packet("10.99.0.2", office, tcp(40000, 443, kSyn)); }
ByteBuffer later(const char* office) { return packet("10.99.0.2", office, tcp(40000, 443, kAck)); }
ByteBuffer reply(const char* office) { return packet(office, "10.99.0.2", tcp(443, 40000, kSyn | kAck)); }

template <class Event>
std::size_t count(const std::vector<ClientEvent>& events) {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [](const ClientEvent& event) { return std::holds_alternative<Event>(event); }));
}

/// A laptop that opens a second session while the first one carries.
class Sequel : public testing::Test {
 protected:
  Sequel() {
    for (auto* talk : {&first, &second}) {
      talk->attester = [talk](const ChannelValue& channel, const AttestChallenge& challenge) {
        return talk->honest_answer(channel, challenge, kBody);
      };
    }
    second.number = SessionId{2};
    second.is_held = true;
    first.run();
  }
  Conversation first{kPolicy};
  Conversation second{kPolicy};
};

TEST_F(Sequel, AHeldSessionThatHasNotProvedItsKeyHasNoAddressAndCarriesNothing) {
  second.attester = nullptr;
  second.run();
  EXPECT_TRUE(second.gateway().is_verifying());
  EXPECT_FALSE(second.gateway().wants_to_take_over());
  EXPECT_NE(second.client_event<AttestChallenge>(), nullptr) << "it is asked first thing";
  EXPECT_EQ(second.client_event<Online>(), nullptr);
  EXPECT_EQ(second.client_event<RoutesChanged>(), nullptr);
  EXPECT_EQ(second.client_event<ProofWaiting>(), nullptr);
  ByteBuffer capsule;
  append_datagram(capsule, request("10.20.4.10"));
  ByteBuffer out;
  second.gateway().receive(capsule);
  EXPECT_FALSE(second.gateway().next_packet(second.now(), out).has_value());
  second.office_sends(reply("10.20.4.10"));
  EXPECT_TRUE(second.at_laptop.empty());
  EXPECT_FALSE(second.gateway().has_ended());
}

TEST_F(Sequel, EndsAfterTenSecondsWhenTheKeyIsNotProvedAndTheFirstGoesOn) {
  second.attester = nullptr;
  second.run();
  second.pass_time(seconds{9});
  EXPECT_FALSE(second.gateway_is_over());
  second.pass_time(seconds{1});
  ASSERT_NE(second.gateway_event<Session::Ended>(), nullptr);
  EXPECT_EQ(second.gateway_event<Session::Ended>()->reason, EndReason::NotVerified);
  EXPECT_TRUE(second.client().is_closed()) << "which waits no longer either";
  first.laptop_sends(request("10.20.4.10"));
  EXPECT_EQ(first.at_office.size(), 1U);
}

TEST_F(Sequel, AForgedAnswerVerifiesNothing) {
  second.attester = [this](const ChannelValue& channel, const AttestChallenge& challenge) {
    auto other = channel;
    other[0] ^= std::byte{1};
    return second.honest_answer(other, challenge, kBody);
  };
  second.run();
  EXPECT_FALSE(second.gateway().wants_to_take_over());
  EXPECT_EQ(second.gateway_event<Session::Ended>()->reason, EndReason::AttestationFailed);
}

TEST_F(Sequel, VerifiedItTakesOverAddressRoutesAndFlows) {
  first.laptop_sends(request("10.20.4.10"));
  second.run();
  ASSERT_TRUE(second.gateway().wants_to_take_over());
  EXPECT_EQ(second.client_event<Online>(), nullptr) << "not before the owner says so";
  second.take_over(first);
  ASSERT_NE(second.client_event<Online>(), nullptr);
  EXPECT_EQ(second.client_event<Online>()->addresses, first.client_event<Online>()->addresses);
  EXPECT_NE(second.client_event<RoutesChanged>(), nullptr);
  EXPECT_EQ(first.client_event<EndingNotice>()->reason, "superseded");
  EXPECT_EQ(first.gateway_event<Session::Ended>()->reason, EndReason::Superseded);
  // The office's answer to what the first one let through goes to the second one.
  first.office_sends(reply("10.20.4.10"));
  EXPECT_TRUE(first.at_laptop.empty());
  second.office_sends(reply("10.20.4.10"));
  EXPECT_EQ(second.at_laptop, (std::vector<ByteBuffer>{reply("10.20.4.10")}));
}

TEST_F(Sequel, IsJudgedByItsOwnReportFromItsFirstPacketOn) {
  first.laptop_sends(request("10.20.4.11"));
  ASSERT_EQ(first.at_office.size(), 1U);
  second.run();
  second.take_over(first);
  second.laptop_sends(later("10.20.4.11"));
  EXPECT_EQ(second.at_office.size(), 1U) << "a flow of before that asks for posture goes on";
}

TEST_F(Sequel, ALaptopThatBecameSickMeanwhileLosesWhatAsksForItsHealth) {
  first.laptop_sends(request("10.20.4.11"));
  second.attester = [this](const ChannelValue& channel, const AttestChallenge& challenge) {
    return second.honest_answer(channel, challenge);
  };
  second.run();
  second.take_over(first);
  second.laptop_sends(later("10.20.4.11"));
  EXPECT_TRUE(second.at_office.empty());
}

TEST_F(Sequel, WhatWasStillOnItsWayOnTheFirstIsJudgedByTheSecond) {
  first.laptop_sends(request("10.20.4.10"));
  second.run();
  second.take_over(first);
  first.laptop_sends(later("10.20.4.10"));
  EXPECT_EQ(second.at_office, (std::vector<ByteBuffer>{later("10.20.4.10")}));
  first.laptop_sends(request("10.20.9.9"));
  EXPECT_EQ(second.at_office.size(), 1U) << "and refused by it";
  EXPECT_EQ(first.at_office.size(), 1U);
  second.end(EndReason::DeviceRevoked);
  first.laptop_sends(later("10.20.4.10"));
  EXPECT_EQ(second.at_office.size(), 1U) << "nothing passes once the second one has ended";
}

TEST_F(Sequel, TakesNothingFromAnotherDevice) {
  first.laptop_sends(request("10.20.4.10"));
  SessionGrant foreign = first.gateway().grant();
  foreign.id = SessionId{3};
  foreign.device = DeviceId{"bo-laptop"};
  Session other{foreign, policy_from(kPolicy), first.now()};
  ByteBuffer out;
  other.take_over(first.gateway(), out);
  EXPECT_TRUE(first.gateway().has_ended());
  EXPECT_FALSE(first.gateway().is_handed_over());
  EXPECT_EQ(other.filter().live_flows(first.now().steady), 0U);
}

TEST_F(Sequel, APlainClientIsVerifiedByItsRequestAndToldOfTheEndByTheClose) {
  Conversation plain{kPolicy, Extensions{}};
  plain.number = SessionId{2};
  plain.is_held = true;
  plain.run();
  ASSERT_TRUE(plain.gateway().wants_to_take_over());
  plain.take_over(first);
  EXPECT_TRUE(first.gateway().is_handed_over());
  Conversation next{kPolicy, Extensions{}};
  next.number = SessionId{3};
  next.is_held = true;
  next.run();
  next.take_over(plain);
  EXPECT_TRUE(plain.gateway().has_ended());
  EXPECT_FALSE(plain.gateway().is_handed_over()) << "it would wait for a sign that never comes";
}

/// What Gateway::share_proof() does while a renewal is about to replace the session that was proved on.
TEST_F(Sequel, AProofMadeOnTheFirstWhileTheSecondIsBeingVerifiedCountsInTheSecond) {
  second.attester = nullptr;
  second.run();
  ASSERT_TRUE(second.gateway().is_verifying());
  first.judge = [](const auto&) { return ProofOutcome{.result = ProofResult::Accepted}; };
  first.pass_time(seconds{3});
  second.pass_time(seconds{3});
  first.type_code({"totp", "123456"});
  ASSERT_EQ(first.client_event<ProofVerdict>()->verdict, "accepted");
  second.note_proof(first.gateway_event<Session::EvidenceRenewed>()->evidence.user_proved);
  EXPECT_FALSE(second.gateway().wants_to_take_over()) << "a person is no key";
  EXPECT_EQ(second.client_event<RoutesChanged>(), nullptr);
  second.attester = [this](const ChannelValue& channel, const AttestChallenge& challenge) {
    return second.honest_answer(channel, challenge, kBody);
  };
  const auto asked = *second.client_event<AttestChallenge>();
  ChannelValue channel{};
  ASSERT_TRUE(second.client_engine().export_keying_material(kAttestExporterLabel, {}, channel));
  second.laptop_attests(*second.honest_answer(channel, asked, kBody));
  ASSERT_TRUE(second.gateway().wants_to_take_over());
  second.take_over(first);
  second.laptop_sends(request("10.20.4.12"));
  EXPECT_EQ(second.at_office.size(), 1U);
  EXPECT_TRUE(second.client_event<ProofWaiting>()->places.empty());
}

/// Sessions of one client, with limits and time that passes.
class LimitedSession : public testing::Test {
 protected:
  void begin(const SessionLimits& limits) {
    talk.run();
    talk.use_limits(limits);
  }
  void pass(seconds time) {
    for (; time > seconds{0}; time -= seconds{1}) talk.pass_time(seconds{1});
  }
  [[nodiscard]] std::string ended() const {
    const auto* event = talk.gateway_event<Session::Ended>();
    return event == nullptr ? "no" : std::string{name_of(event->reason)};
  }
  Conversation talk{kPolicy};
};

TEST_F(LimitedSession, IsToldToMoveOnceAndEndsWithItsLifetime) {
  begin({.lifetime = seconds{100}});
  pass(seconds{69});
  EXPECT_EQ(count<MoveNotice>(talk.client_events), 0U);
  pass(seconds{22});
  ASSERT_EQ(count<MoveNotice>(talk.client_events), 1U);
  const auto& notice = *talk.client_event<MoveNotice>();
  EXPECT_EQ(notice.reason, "lifetime");
  EXPECT_GE(notice.left, seconds{9});
  EXPECT_LE(notice.left, seconds{30});
  pass(seconds{8});
  EXPECT_EQ(ended(), "no");
  talk.laptop_sends(request("10.20.4.10"));
  EXPECT_EQ(talk.at_office.size(), 1U) << "it carries until its end";
  pass(seconds{1});
  EXPECT_EQ(ended(), "lifetime_over");
  EXPECT_EQ(talk.client_event<EndingNotice>()->reason, "lifetime_over");
  talk.laptop_sends(later("10.20.4.10"));
  EXPECT_EQ(talk.at_office.size(), 1U);
}

TEST_F(LimitedSession, OfAPlainClientEndsWithItsLifetimeAndSaysNothingBefore) {
  Conversation plain{kPolicy, Extensions{}};
  plain.run();
  plain.use_limits({.lifetime = seconds{100}});
  for (int i = 0; i < 99; ++i) plain.pass_time(seconds{1});
  EXPECT_FALSE(plain.gateway_is_over());
  plain.pass_time(seconds{1});
  EXPECT_EQ(plain.gateway_event<Session::Ended>()->reason, EndReason::LifetimeOver);
  EXPECT_EQ(count<MoveNotice>(plain.client_events), 0U);
}

TEST_F(LimitedSession, EndsIdleWhenNothingThatPolicyLetsPassMoves) {
  begin({.idle_limit = minutes{2}});
  pass(seconds{100});
  talk.laptop_sends(request("10.20.4.10"));
  pass(seconds{119});
  EXPECT_EQ(ended(), "no");
  // Neither refused packets, nor questions, nor attestation are traffic.
  talk.laptop_sends(request("10.20.9.9"));
  ASSERT_TRUE(talk.ask_why("10.20.9.9:443/tcp"));
  pass(seconds{1});
  EXPECT_EQ(ended(), "idle");
  EXPECT_EQ(talk.client_event<EndingNotice>()->reason, "idle");
}

TEST_F(LimitedSession, AnAnswerFromTheOfficeIsTraffic) {
  begin({.idle_limit = minutes{2}});
  talk.laptop_sends(request("10.20.4.10"));
  pass(seconds{100});
  talk.office_sends(reply("10.20.4.10"));
  pass(seconds{119});
  EXPECT_EQ(ended(), "no");
  talk.office_sends(reply("10.20.9.9"));
  pass(seconds{1});
  EXPECT_EQ(ended(), "idle") << "what belongs to no flow is none";
}

TEST_F(LimitedSession, AClientThatAnswersProbesLivesAsLongAsItLikes) {
  begin({.dead_peer = seconds{30}});
  pass(seconds{300});
  EXPECT_EQ(ended(), "no");
}

TEST_F(LimitedSession, AFrozenClientIsGivenUpAfterTheDeadPeerTime) {
  begin({.dead_peer = seconds{30}});
  pass(seconds{15});
  talk.is_laptop_frozen = true;
  // It was heard of last when it answered the probe of the tenth second.
  pass(seconds{24});
  EXPECT_EQ(ended(), "no");
  pass(seconds{1});
  EXPECT_EQ(ended(), "unresponsive");
}

TEST_F(LimitedSession, AClientWithoutProbesIsNotTakenForDead) {
  Conversation old{kPolicy, Extensions{.notice = true, .why = true, .attest = true, .proof = true}};
  old.attester = nullptr;
  old.run();
  old.use_limits({.dead_peer = seconds{30}});
  for (int i = 0; i < 120; ++i) old.pass_time(seconds{1});
  EXPECT_FALSE(old.gateway_is_over());
}

TEST_F(LimitedSession, TheGatewayAnswersAClientThatAsksAndNobodyAnswersAnAnswer) {
  begin({});
  ByteBuffer question;
  ByteBuffer answer;
  append_probe(question, Probe{Probe::kFromClient | 1U});
  append_probe(question, Probe{1});
  talk.gateway().receive(question);
  (void)talk.gateway().next_packet(talk.now(), answer);
  ByteBuffer expected;
  append_probe(expected, Probe{Probe::kFromClient | 1U});
  EXPECT_EQ(answer, expected);
}

TEST_F(LimitedSession, AProbeOfAnotherLengthIsAViolation) {
  begin({});
  ByteBuffer capsule;
  append_capsule(capsule, CapsuleType::Probe, as_bytes("1234567"));
  ByteBuffer out;
  talk.gateway().receive(capsule);
  (void)talk.gateway().next_packet(talk.now(), out);
  EXPECT_TRUE(talk.gateway().has_ended());
}

TEST_F(LimitedSession, DrainedIsToldAtOnceAndEndsWhenItHasNotMoved) {
  begin({.lifetime = std::chrono::hours{12}});
  talk.drain(seconds{30});
  ASSERT_NE(talk.client_event<MoveNotice>(), nullptr);
  EXPECT_EQ(talk.client_event<MoveNotice>()->reason, "draining");
  EXPECT_EQ(talk.client_event<MoveNotice>()->left, seconds{30});
  EXPECT_TRUE(talk.gateway().life().was_told_to_move());
  pass(seconds{29});
  EXPECT_EQ(ended(), "no");
  pass(seconds{1});
  EXPECT_EQ(ended(), "draining");
}

TEST_F(LimitedSession, AShorterLifetimeLetsItMoveBeforeItEnds) {
  begin({.lifetime = std::chrono::hours{12}});
  pass(seconds{600});
  talk.use_limits({.lifetime = seconds{100}});
  pass(seconds{12});
  EXPECT_EQ(count<MoveNotice>(talk.client_events), 1U);
  EXPECT_EQ(ended(), "no");
  pass(seconds{10});
  EXPECT_EQ(ended(), "lifetime_over");
}

}  // namespace
}  // namespace sallyport
