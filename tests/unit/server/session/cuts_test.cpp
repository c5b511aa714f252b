#include "common/wire/datagram.hpp"
#include "tests/support/conversation.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr const char* kPolicy = R"(
version = 1
[posture.managed]
files           = "/etc/managed"
reported_within = "1m"
[resources]
web   = { net = "10.20.4.10", ports = "any" }
prod  = { net = "10.20.4.11", ports = "443/tcp" }
tidy  = { net = "10.20.4.12", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
[allow.prod]
who       = "ana@example.com"
to        = "prod"
proof_age = "10m"
[allow.tidy]
who     = "ana@example.com"
to      = "tidy"
posture = "managed"
)";
constexpr const char* kEmptyPolicy = "version = 1\n";

ByteBuffer request(const char* office, std::uint16_t port = 40000) {
  return packet("10.99.0.2", office, tcp(port, 443, kSyn));
}

class Cuts : public testing::Test {
 protected:
  bool reaches(const char* office, std::uint16_t port = 40000) {
    const auto before = talk.at_office.size();
    talk.laptop_sends(request(office, port));
    return talk.at_office.size() > before;
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) talk.pass_time(1s);
  }
  FlowCut only_cut() {
    const auto cuts = talk.gateway().take_cuts();
    EXPECT_EQ(cuts.size(), 1U);
    return cuts.empty() ? FlowCut{CutCause::Revoke, {}} : cuts.front();
  }
  Conversation talk{kPolicy};
};

TEST_F(Cuts, SayWhenAnotherPolicyWasAskedForAndWhenThePacketsEnded) {
  talk.run();
  ASSERT_TRUE(reaches("10.20.4.10"));
  const auto last = talk.now().steady;
  talk.pass_time(3s);
  const auto asked = talk.now().steady;
  talk.pass_time(1s);
  talk.replace_policy(kEmptyPolicy);
  talk.gateway().note_replaced(asked, talk.now().steady);
  EXPECT_FALSE(talk.gateway().has_cuts()) << "no packet has met it yet";
  talk.pass_time(5s);
  EXPECT_FALSE(reaches("10.20.4.10"));
  const auto cut = only_cut();
  EXPECT_EQ(cut.cause, CutCause::Policy);
  EXPECT_EQ(cut.asked, asked);
  EXPECT_EQ(cut.effect, asked + 1s);
  EXPECT_EQ(cut.last_seen, last);
  EXPECT_EQ(talk.gateway().last_passed(), last);
  EXPECT_FALSE(talk.gateway().has_cuts()) << "told once";
}

TEST_F(Cuts, AreNotFlowsThatWereNeverLetIn) {
  talk.run();
  EXPECT_FALSE(reaches("10.20.9.9"));
  EXPECT_FALSE(talk.gateway().has_cuts());
}

TEST_F(Cuts, SayThatAReportDidItOrThatThereWasNone) {
  bool is_managed = true;
  bool answers = true;
  talk.attester = [&](const ChannelValue& channel, const AttestChallenge& challenge) -> std::optional<AttestAnswer> {
    if (!answers) return std::nullopt;
    return talk.honest_answer(channel, challenge,
                              is_managed ? R"({"v":1,"posture":{"files":{"/etc/managed":true}}})"
                                         : R"({"v":1,"posture":{"files":{"/etc/managed":false}}})");
  };
  talk.run();
  pass(2);
  ASSERT_TRUE(reaches("10.20.4.12"));
  is_managed = false;
  pass(31);
  EXPECT_FALSE(reaches("10.20.4.12"));
  const auto told = only_cut();
  EXPECT_EQ(told.cause, CutCause::Posture);
  ASSERT_TRUE(told.asked);
  EXPECT_EQ(told.effect, *told.asked) << "in force with the report itself";

  is_managed = true;
  pass(31);
  ASSERT_TRUE(reaches("10.20.4.12"));
  answers = false;
  pass(61);
  EXPECT_FALSE(reaches("10.20.4.12"));
  const auto silent = only_cut();
  EXPECT_EQ(silent.cause, CutCause::Posture);
  EXPECT_FALSE(silent.asked) << "time did it";
}

TEST_F(Cuts, SayThatAProofBecameTooOldAndInWhichSecond) {
  talk.judge = [](const auto&) { return ProofOutcome{.result = ProofResult::Accepted}; };
  talk.run();
  pass(5);
  const auto proved = talk.now().wall;
  talk.type_code({"totp", "123456"});
  ASSERT_TRUE(reaches("10.20.4.11"));
  for (int i = 1; i < 60; ++i) {
    pass(10);
    ASSERT_TRUE(reaches("10.20.4.11")) << "a flow that falls silent is no flow";
  }
  pass(10);
  EXPECT_FALSE(reaches("10.20.4.11"));
  const auto cut = only_cut();
  EXPECT_EQ(cut.cause, CutCause::Proof);
  EXPECT_FALSE(cut.asked);
  EXPECT_EQ(cut.lapsed, proved + 10min);
}

TEST_F(Cuts, SayThatAProofWasTakenBack) {
  talk.judge = [](const auto&) { return ProofOutcome{.result = ProofResult::Accepted}; };
  talk.run();
  pass(5);
  talk.type_code({"totp", "123456"});
  ASSERT_TRUE(reaches("10.20.4.11"));
  talk.note_proof(std::nullopt);
  EXPECT_FALSE(reaches("10.20.4.11"));
  const auto cut = only_cut();
  EXPECT_EQ(cut.cause, CutCause::Proof);
  EXPECT_TRUE(cut.asked);
}

TEST_F(Cuts, FillNoMemory) {
  talk.run();
  for (std::uint16_t port = 0; port < 400; ++port)
    ASSERT_TRUE(reaches("10.20.4.10", static_cast<std::uint16_t>(30000 + port)));
  talk.replace_policy(kEmptyPolicy);
  talk.gateway().note_replaced(talk.now().steady, talk.now().steady);
  for (std::uint16_t port = 0; port < 400; ++port)
    (void)reaches("10.20.4.10", static_cast<std::uint16_t>(30000 + port));
  EXPECT_EQ(talk.gateway().take_cuts().size(), 256U);
}

TEST(OwnPolicy, JudgesASessionWhateverPolicyIsInForce) {
  const TestPki pki;
  const Now now{TimePoint{} + 1h, pki.now()};
  SessionGrant grant{.id = SessionId{1},
                     .device = DeviceId{"drill"},
                     .user = UserId{"ana@example.com"},
                     .serial = "0a",
                     .certificate_expires = now.wall + 1h,
                     .source = *IpAddress::parse("192.0.2.1"),
                     .addresses = {.v4 = IpAddress::parse("10.99.0.2"), .v6 = {}}};
  grant.own_policy = policy_from(
      "version = 1\n[resources]\nt = { net = \"10.99.0.1\", ports = \"443/tcp\" }\n[allow.t]\nwho = \"everyone\"\nto = "
      "\"t\"\n");
  Session session{grant, policy_from(kPolicy), now};
  ByteBuffer out;
  ByteBuffer in;
  append_upgrade_request(in, "vpn.example.com", {});
  session.receive(in);
  EXPECT_FALSE(session.next_packet(now, out));
  ASSERT_TRUE(session.is_online());
  const auto passes = [&](const char* office) {
    ByteBuffer capsule;
    append_datagram(capsule, request(office));
    session.receive(capsule);
    bool passed = false;
    while (session.next_packet(now, out)) passed = true;
    return passed;
  };
  EXPECT_TRUE(passes("10.99.0.1"));
  EXPECT_FALSE(passes("10.20.4.10")) << "the policy in force would let everyone in here";
  session.replace_policy(policy_from(kPolicy));
  EXPECT_TRUE(passes("10.99.0.1"));
  EXPECT_FALSE(passes("10.20.4.10"));
  EXPECT_EQ(session.impact_of(*policy_from(kEmptyPolicy), now).open, 0U) << "and no change counts it";
}

}  // namespace
}  // namespace sallyport
