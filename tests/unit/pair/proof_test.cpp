#include "tests/support/conversation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/packets.hpp"

namespace sallyport {
namespace {

using namespace test;
using std::chrono::seconds;

constexpr const char* kPolicy = R"(
version = 1
[resources]
prod = { net = "10.20.4.10", ports = "443/tcp" }
web = { net = "10.20.4.11", ports = "443/tcp" }
[allow.prod]
who = "ana@example.com"
to  = "prod"
proof_age = "10m"
[allow.web]
who = "everyone"
to  = "web"
)";

constexpr ProofOutcome kAccepted{.result = ProofResult::Accepted};
const ProofAttempt kCode{"totp", "123456"};

ByteBuffer request(const char* office) { return packet("10.99.0.2", office, tcp(40000, 443, kSyn)); }

class ProvedConversation : public testing::Test {
 protected:
  bool reaches(const char* office) {
    const auto before = talk.at_office.size();
    talk.laptop_sends(request(office));
    return talk.at_office.size() > before;
  }
  void pass(int count) {
    for (int i = 0; i < count; ++i) talk.pass_time(seconds{5});
  }
  template <class Event, class Events>
  static std::size_t count(const Events& events) {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [](const auto& event) { return std::holds_alternative<Event>(event); }));
  }
  std::size_t offers() const { return count<Session::ProofOffered>(talk.gateway_events); }
  std::string verdict() const {
    const auto* said = talk.client_event<ProofVerdict>();
    return said == nullptr ? "" : said->verdict;
  }
  std::vector<std::string> waiting() const { return talk.client_event<ProofWaiting>()->places; }

  Conversation talk{kPolicy};
};

TEST_F(ProvedConversation, OpensWhatWaitsForAProofAndSaysUntilWhen) {
  talk.run();
  EXPECT_FALSE(reaches("10.20.4.10"));
  EXPECT_EQ(talk.client_event<DeniedNotice>()->reason, "sign_in_needed");
  EXPECT_EQ(waiting(), std::vector<std::string>{"prod"});
  pass(1);
  talk.judge = [](const Session::ProofOffered& offered) {
    EXPECT_EQ(offered.attempt, kCode);
    return kAccepted;
  };
  talk.type_code(kCode);
  EXPECT_EQ(verdict(), "accepted");
  EXPECT_EQ(talk.client_event<ProofVerdict>()->until, talk.now().wall + std::chrono::minutes{10});
  EXPECT_TRUE(waiting().empty());
  EXPECT_TRUE(reaches("10.20.4.10"));
  const auto& routes = talk.client_event<RoutesChanged>()->routes;
  EXPECT_EQ(routes.size(), 1U) << "both addresses, side by side";
}

TEST_F(ProvedConversation, ClosesItAgainWhenTheProofIsTooOld) {
  talk.judge = [](const auto&) { return kAccepted; };
  talk.run();
  pass(1);
  talk.type_code(kCode);
  ASSERT_TRUE(reaches("10.20.4.10"));
  pass(119);
  EXPECT_TRUE(reaches("10.20.4.10"));
  pass(1);
  EXPECT_FALSE(reaches("10.20.4.10"));
  EXPECT_EQ(waiting(), std::vector<std::string>{"prod"});
  EXPECT_TRUE(reaches("10.20.4.11"));
}

TEST_F(ProvedConversation, ProvesNothingBeforeTheVerdictAndNothingByARefusal) {
  talk.run();
  pass(1);
  talk.type_code(kCode);
  EXPECT_EQ(offers(), 1U);
  EXPECT_FALSE(reaches("10.20.4.10"));
  talk.settle_proof({.result = ProofResult::WrongCode, .tries_left = 4});
  EXPECT_EQ(verdict(), "wrong_code");
  EXPECT_EQ(talk.client_event<ProofVerdict>()->tries_left, 4U);
  EXPECT_FALSE(reaches("10.20.4.10"));
  talk.settle_proof(kAccepted);
  EXPECT_FALSE(reaches("10.20.4.10")) << "no code was open: a verdict too many is none";
  EXPECT_EQ(verdict(), "wrong_code");
}

TEST_F(ProvedConversation, IsDatedAtTheQuestionHoweverLongTheJudgingTakes) {
  talk.run();
  pass(1);
  talk.type_code(kCode);
  const auto asked = talk.now().wall;
  pass(60);
  talk.settle_proof(kAccepted);
  EXPECT_EQ(talk.client_event<ProofVerdict>()->until, asked + std::chrono::minutes{10});
  pass(60);
  EXPECT_FALSE(reaches("10.20.4.10"));
}

TEST_F(ProvedConversation, JudgesOneCodeAtATime) {
  talk.run();
  pass(1);
  talk.type_code(kCode);
  pass(1);
  talk.type_code({"totp", "654321"});
  EXPECT_EQ(offers(), 1U);
  EXPECT_EQ(verdict(), "busy");
}

TEST_F(ProvedConversation, AnAnswerThatIsRepeatedOffersItsCodeOnce) {
  ByteBuffer unused;
  std::optional<AttestAnswer> sent;
  talk.attester = [&](const ChannelValue& channel, const AttestChallenge& challenge) {
    sent = talk.honest_answer(channel, challenge, with_proof(R"({"v":1})", kCode));
    return sent;
  };
  talk.run();
  EXPECT_EQ(offers(), 1U);
  talk.settle_proof({.result = ProofResult::WrongCode});
  talk.attester = nullptr;
  const auto replay = sent;
  for (int i = 0; i < 20; ++i) talk.laptop_attests(*replay);
  pass(7);  // the next challenge is open now
  for (int i = 0; i < 20; ++i) talk.laptop_attests(*replay);
  EXPECT_EQ(offers(), 1U);
  EXPECT_FALSE(talk.gateway_is_over());
}

TEST_F(ProvedConversation, ACodeUnderAnotherSessionsSignatureEndsTheSessionUnread) {
  talk.run();
  talk.attester = [&](const ChannelValue& channel, const AttestChallenge& challenge) {
    auto elsewhere = channel;
    elsewhere[0] ^= std::byte{1};
    return talk.honest_answer(elsewhere, challenge, with_proof(R"({"v":1})", kCode));
  };
  for (int i = 0; i < 70 && !talk.gateway_is_over(); ++i) pass(1);
  EXPECT_TRUE(talk.gateway_is_over());
  EXPECT_EQ(offers(), 0U);
}

TEST_F(ProvedConversation, AMalformedProofIsAMalformedBody) {
  for (const char* body :
       {R"({"v":1,"proof":7})", R"({"v":1,"proof":{}})", R"({"v":1,"proof":{"method":"totp"}})",
        R"({"v":1,"proof":{"method":"totp","code":123456}})", R"({"v":1,"proof":{"method":"TOTP","code":"1"}})",
        R"({"v":1,"proof":{"method":"totp","code":"1 2"}})", R"({"v":1,"proof":null})"}) {
    EXPECT_FALSE(parse_attest_body(body, {})) << body;
  }
  EXPECT_EQ(parse_attest_body(R"({"v":1,"proof":{"method":"totp","code":"123456","x":1}})", {})->proof, kCode);
}

TEST_F(ProvedConversation, IsAskedAtMostEveryTwoSecondsHoweverOftenTheClientWants) {
  talk.run();
  const auto before = count<AttestChallenge>(talk.client_events);
  for (int i = 0; i < 100; ++i) {
    talk.type_code(kCode);
    talk.pass_time(std::chrono::milliseconds{100});
  }
  EXPECT_LE(count<AttestChallenge>(talk.client_events) - before, 6U);
  EXPECT_GE(count<AttestChallenge>(talk.client_events) - before, 4U);
}

TEST_F(ProvedConversation, BeginsWithWhatIsOnRecordDatedAsItIs) {
  talk.proof_on_record = talk.now().wall - std::chrono::minutes{9};
  talk.run();
  EXPECT_TRUE(reaches("10.20.4.10"));
  EXPECT_TRUE(waiting().empty());
  pass(12);
  EXPECT_FALSE(reaches("10.20.4.10"));
}

TEST_F(ProvedConversation, TakesARecordOfTheFutureForNone) {
  talk.proof_on_record = talk.now().wall + std::chrono::minutes{9};
  talk.run();
  EXPECT_FALSE(reaches("10.20.4.10"));
}

TEST_F(ProvedConversation, FollowsAProofMadeOnItsSistersAndTheEndOfTheSecret) {
  talk.run();
  talk.note_proof(talk.now().wall);
  EXPECT_TRUE(reaches("10.20.4.10"));
  talk.note_proof(std::nullopt);
  EXPECT_FALSE(reaches("10.20.4.10"));
  EXPECT_EQ(waiting(), std::vector<std::string>{"prod"});
}

TEST_F(ProvedConversation, AClockThatIsSetNeitherRevivesNorEndsWhatAPersonProved) {
  talk.run();
  pass(1);
  talk.type_code(kCode);
  talk.set_wall_clock(std::chrono::hours{1});
  talk.settle_proof(kAccepted);
  EXPECT_TRUE(reaches("10.20.4.10"));
  talk.set_wall_clock(-std::chrono::hours{5});
  EXPECT_TRUE(reaches("10.20.4.10"));
  pass(121);
  EXPECT_FALSE(reaches("10.20.4.10"));
  talk.set_wall_clock(-std::chrono::minutes{5});
  EXPECT_FALSE(reaches("10.20.4.10"));
}

TEST(UnprovedConversation, ACodeThatNoRuleAsksForIsNotLookedAt) {
  Conversation talk{
      "version = 1\n[resources]\nweb = { net = \"10.20.4.11\", ports = \"443/tcp\" }\n"
      "[allow.web]\nwho = \"everyone\"\nto = \"web\"\n"};
  talk.run();
  EXPECT_TRUE(talk.client_event<ProofWaiting>()->places.empty());
  talk.pass_time(seconds{5});
  talk.type_code(kCode);
  EXPECT_EQ(talk.client_event<ProofVerdict>()->verdict, "not_asked");
  EXPECT_EQ(talk.gateway_event<Session::ProofOffered>(), nullptr);
}

TEST(UnprovedConversation, AClientOfBeforeIsToldNothingAndCanStillAttest) {
  Conversation talk{kPolicy, Extensions{.notice = true, .why = true, .attest = true}};
  talk.attester = [&](const ChannelValue& channel, const AttestChallenge& challenge) {
    return talk.honest_answer(channel, challenge, with_proof(R"({"v":1})", kCode));
  };
  talk.run();
  EXPECT_EQ(talk.client_event<ProofWaiting>(), nullptr);
  EXPECT_EQ(talk.gateway_event<Session::ProofOffered>(), nullptr);
  EXPECT_FALSE(talk.gateway_is_over());
}

}  // namespace
}  // namespace sallyport
