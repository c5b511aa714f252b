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
[posture.walled]
firewall = true
reported_within = "2m"
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
lab = { net = "10.20.4.11", ports = "443/tcp" }
updates = { net = "10.0.9.1", ports = "443/tcp" }
[allow.web]
who = "ana@example.com"
to  = "web"
key_age = "1m"
[allow.lab]
who = "ana@example.com"
to  = "lab"
posture = "walled"
[allow.updates]
who = "everyone"
to  = "updates"
)";

ByteBuffer request(const char* office) { return packet("10.99.0.2", office, tcp(40000, 443, kSyn)); }

class AttestedConversation : public testing::Test {
 protected:
  AttestedConversation() { talk.run(); }

  bool reaches(const char* office) {
    const auto before = talk.at_office.size();
    talk.laptop_sends(request(office));
    return talk.at_office.size() > before;
  }
  void pass(int minutes) {
    for (int i = 0; i < minutes * 12; ++i) talk.pass_time(seconds{5});
  }
  std::size_t challenges() const {
    return static_cast<std::size_t>(
        std::count_if(talk.client_events.begin(), talk.client_events.end(),
                      [](const auto& event) { return std::holds_alternative<AttestChallenge>(event); }));
  }

  Conversation talk{kPolicy};
};

TEST_F(AttestedConversation, IsAskedFirstThingAndThenOnTheBeatOfThePolicy) {
  EXPECT_EQ(challenges(), 1U);
  pass(10);
  EXPECT_GE(challenges(), 20U) << "every 30 s at the latest";
  EXPECT_LE(challenges(), 26U);
}

TEST_F(AttestedConversation, KeepsWhatNeedsAFreshKeyAsLongAsTheKeyIsThere) {
  EXPECT_TRUE(reaches("10.20.4.10"));
  pass(10);
  EXPECT_TRUE(reaches("10.20.4.10"));
}

TEST_F(AttestedConversation, LosesItWithTheKeyAndGetsItBackWithoutAReconnect) {
  const auto honest = talk.attester;
  talk.attester = nullptr;
  pass(2);
  EXPECT_FALSE(reaches("10.20.4.10"));
  EXPECT_TRUE(reaches("10.0.9.1")) << "what asks for no key stays";
  EXPECT_FALSE(talk.gateway_is_over());
  talk.attester = honest;
  pass(1);
  EXPECT_TRUE(reaches("10.20.4.10"));
}

TEST_F(AttestedConversation, LosesItAtTheNextBeatWhenTheLaptopSaysThatItsKeyIsGone) {
  EXPECT_TRUE(reaches("10.20.4.10"));
  const auto honest = talk.attester;
  talk.attester = [](const ChannelValue&, const AttestChallenge& challenge) {
    return std::optional{AttestAnswer{challenge.nonce, {}, {}, true}};
  };
  const auto asked = challenges();
  while (challenges() == asked) talk.pass_time(seconds{1});
  EXPECT_FALSE(reaches("10.20.4.10")) << "not only when the proof of before has aged";
  EXPECT_TRUE(reaches("10.0.9.1"));
  EXPECT_FALSE(talk.gateway_is_over());
  pass(5);
  EXPECT_FALSE(talk.gateway_is_over()) << "no forgery, however often it is said";
  EXPECT_GE(challenges(), asked + 8) << "asked on the same beat";
  EXPECT_EQ(std::count_if(talk.gateway_events.begin(), talk.gateway_events.end(),
                          [](const auto& event) { return std::holds_alternative<Session::AttestRefused>(event); }),
            1)
      << "told when it changes";
  talk.attester = honest;
  const auto before = challenges();
  while (challenges() == before) talk.pass_time(seconds{1});
  EXPECT_TRUE(reaches("10.20.4.10")) << "back at the next beat, without a reconnect";
}

TEST_F(AttestedConversation, FollowsThePostureThatIsReportedLive) {
  std::string firewall = "true";
  talk.attester = [&](const ChannelValue& channel, const AttestChallenge& challenge) {
    return talk.honest_answer(
        channel, challenge,
        R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6.1","facts":{"firewall":)" + firewall + "}}}");
  };
  EXPECT_FALSE(reaches("10.20.4.11")) << "nothing was reported yet";
  pass(1);
  EXPECT_TRUE(reaches("10.20.4.11"));
  firewall = "false";
  pass(1);
  EXPECT_FALSE(reaches("10.20.4.11"));
  EXPECT_TRUE(reaches("10.0.9.1"));
  firewall = "true";
  pass(1);
  EXPECT_TRUE(reaches("10.20.4.11"));
}

TEST_F(AttestedConversation, EndsWhenAnAnswerIsForged) {
  talk.attester = [&](const ChannelValue& channel, const AttestChallenge& challenge) {
    auto other = challenge;
    ++other.session;
    return talk.honest_answer(channel, other);
  };
  pass(1);
  EXPECT_TRUE(talk.gateway_is_over());
  ASSERT_NE(talk.gateway_event<Session::AttestRefused>(), nullptr);
  EXPECT_EQ(talk.gateway_event<Session::AttestRefused>()->refusal, AttestRefusal::BadSignature);
  ASSERT_NE(talk.client_event<EndingNotice>(), nullptr);
  EXPECT_EQ(talk.client_event<EndingNotice>()->reason, "attestation_failed");
}

TEST_F(AttestedConversation, AnAnswerNobodyAskedForProvesNothing) {
  const auto* challenge = talk.client_event<AttestChallenge>();
  ASSERT_NE(challenge, nullptr);
  ChannelValue channel{};
  ASSERT_TRUE(talk.client_engine().export_keying_material(kAttestExporterLabel, {}, channel));
  const auto replay = talk.honest_answer(channel, *challenge);
  talk.attester = nullptr;
  for (int i = 0; i < 1'000; ++i) talk.laptop_attests(*replay);
  EXPECT_EQ(talk.gateway_event<Session::AttestRefused>(), nullptr) << "nothing is open: not worth a word";
  talk.pass_time(seconds{31});
  ASSERT_EQ(challenges(), 2U);
  for (int i = 0; i < 1'000; ++i) talk.laptop_attests(*replay);
  ASSERT_NE(talk.gateway_event<Session::AttestRefused>(), nullptr);
  EXPECT_EQ(talk.gateway_event<Session::AttestRefused>()->refusal, AttestRefusal::NotAsked);
  EXPECT_LE(std::count_if(talk.gateway_events.begin(), talk.gateway_events.end(),
                          [](const auto& event) { return std::holds_alternative<Session::AttestRefused>(event); }),
            10);
  EXPECT_FALSE(talk.gateway_is_over());
  EXPECT_TRUE(reaches("10.20.4.10")) << "the first answer still counts";
  talk.pass_time(seconds{30});
  EXPECT_FALSE(reaches("10.20.4.10"));
  EXPECT_FALSE(talk.gateway_is_over());
}

TEST_F(AttestedConversation, TellsNewRoutesAlsoWhenAPacketWasFasterThanTheNextLook) {
  talk.attester = [&](const ChannelValue& channel, const AttestChallenge& challenge) {
    return talk.honest_answer(
        channel, challenge,
        R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6.1","facts":{"firewall":true}}})");
  };
  const auto lab = IpAddress::parse("10.20.4.11").value();
  const auto is_routed = [&] {
    const auto& routes = talk.client_event<RoutesChanged>()->routes;
    return std::any_of(routes.begin(), routes.end(), [&](const AdvertisedRoute& route) {
      return route.range.first <= lab && lab <= route.range.last;
    });
  };
  EXPECT_FALSE(is_routed());
  talk.pass_time(seconds{31});
  EXPECT_TRUE(reaches("10.20.4.11"));
  talk.pass_time(seconds{1});
  EXPECT_TRUE(is_routed());
}

TEST_F(AttestedConversation, AClockThatIsSetNeitherRevivesNorEndsWhatAKeyProved) {
  talk.attester = nullptr;
  talk.set_wall_clock(std::chrono::hours{1});
  EXPECT_TRUE(reaches("10.20.4.10")) << "an hour forward: proved a moment ago all the same";
  talk.set_wall_clock(-std::chrono::hours{2});
  EXPECT_TRUE(reaches("10.20.4.10"));
  pass(2);
  EXPECT_FALSE(reaches("10.20.4.10"));
  talk.set_wall_clock(-seconds{90});
  EXPECT_FALSE(reaches("10.20.4.10")) << "back to when it still counted";
  talk.set_wall_clock(std::chrono::hours{24});
  EXPECT_FALSE(reaches("10.20.4.10"));
}

TEST(PlainConversation, AClientWithoutAttestationKeepsWhatAsksForNone) {
  Conversation talk{kPolicy, Extensions{.notice = true, .why = true, .attest = false}};
  talk.run();
  EXPECT_EQ(talk.client_event<AttestChallenge>(), nullptr);
  for (int i = 0; i < 24; ++i) talk.pass_time(seconds{5});
  talk.laptop_sends(request("10.20.4.10"));
  EXPECT_TRUE(talk.at_office.empty());
  talk.laptop_sends(request("10.0.9.1"));
  EXPECT_EQ(talk.at_office.size(), 1U);
}

}  // namespace
}  // namespace sallyport
