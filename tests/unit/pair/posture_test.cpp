#include "client/posture/posture.hpp"
#include "common/wire/posture_request.hpp"
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
[posture.managed]
processes       = "falcon-sensor"
files           = "/etc/corp/managed"
reported_within = "1m"
[posture.torrent]
processes = "transmission"
[posture.of-others]
files = "/etc/corp/secret-project"
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
lab = { net = "10.20.4.11", ports = "443/tcp" }
updates = { net = "10.0.9.1", ports = "443/tcp" }
[allow.web]
who     = "ana@example.com"
to      = "web"
posture = "managed"
[allow.lab]
who = "ana@example.com"
to  = "lab"
[allow.others]
who     = "bo@example.com"
to      = "web"
posture = "of-others"
[allow.updates]
who = "everyone"
to  = "updates"
[deny.torrents]
who     = "everyone"
to      = "lab"
posture = "torrent"
)";

/// Half of reported_within, and never later.
constexpr seconds kBeat{30};

ByteBuffer request(const char* office) { return packet("10.99.0.2", office, tcp(40000, 443, kSyn)); }

/// A laptop that answers what it is asked, from what a test says about it.
class ReportingLaptop : public testing::Test {
 protected:
  ReportingLaptop() {
    talk.attester = [this](const ChannelValue& channel, const AttestChallenge& challenge) {
      asked = challenge.wants;
      Posture posture;
      posture.os = "debian";
      for (const auto& name : challenge.wants.processes) posture.processes.emplace(name, runs(name));
      for (const auto& path : challenge.wants.files) posture.files.emplace(path, is_managed);
      return talk.honest_answer(channel, challenge, posture_body(posture));
    };
    talk.run();
  }
  [[nodiscard]] std::optional<bool> runs(const std::string& name) const {
    return name == "falcon-sensor" ? std::optional{sensor_runs} : torrent_runs;
  }
  bool reaches(const char* office) {
    const auto before = talk.at_office.size();
    talk.laptop_sends(request(office));
    return talk.at_office.size() > before;
  }
  void pass(seconds time) {
    for (seconds passed{0}; passed < time; passed += seconds{1}) talk.pass_time(seconds{1});
  }
  [[nodiscard]] PostureState told(const std::string& check) const {
    const auto* standing = talk.client_event<PostureStanding>();
    if (standing == nullptr) return PostureState::Unknown;
    for (const auto& each : standing->checks) {
      if (each.name == check) return each.state;
    }
    ADD_FAILURE() << "nothing was said of " << check;
    return PostureState::Unknown;
  }
  template <class Event, class Variant>
  static std::ptrdiff_t count(const std::vector<Variant>& events) {
    return std::count_if(events.begin(), events.end(),
                         [](const auto& event) { return std::holds_alternative<Event>(event); });
  }

  bool sensor_runs = true;
  bool is_managed = true;
  std::optional<bool> torrent_runs = false;
  PostureWants asked;
  Conversation talk{kPolicy};
};

TEST_F(ReportingLaptop, IsAskedForWhatItsRulesNameAndForNothingElse) {
  EXPECT_EQ(asked, (PostureWants{{"falcon-sensor", "transmission"}, {"/etc/corp/managed"}}));
}

TEST_F(ReportingLaptop, LosesWhatAsksForAProcessThatStoppedAndGetsItBackWithinOneBeat) {
  EXPECT_TRUE(reaches("10.20.4.10"));
  sensor_runs = false;
  pass(kBeat);
  EXPECT_FALSE(reaches("10.20.4.10"));
  EXPECT_TRUE(reaches("10.0.9.1")) << "what asks for no posture stays";
  EXPECT_TRUE(reaches("10.20.4.11"));
  sensor_runs = true;
  pass(kBeat);
  EXPECT_TRUE(reaches("10.20.4.10"));
  EXPECT_FALSE(talk.gateway_is_over());
}

TEST_F(ReportingLaptop, TheSameForAFileThatIsGone) {
  is_managed = false;
  pass(kBeat);
  EXPECT_FALSE(reaches("10.20.4.10"));
  is_managed = true;
  pass(kBeat);
  EXPECT_TRUE(reaches("10.20.4.10"));
}

TEST_F(ReportingLaptop, WhatIsUnknownClosesADenyRule) {
  EXPECT_TRUE(reaches("10.20.4.11"));
  torrent_runs = std::nullopt;
  pass(kBeat);
  EXPECT_FALSE(reaches("10.20.4.11"));
}

TEST_F(ReportingLaptop, IsToldHowItStandsAndOnlyWhenThatChanges) {
  ASSERT_EQ(count<PostureStanding>(talk.client_events), 1);
  EXPECT_EQ(told("managed"), PostureState::Holds);
  EXPECT_EQ(talk.client_event<PostureStanding>()->checks.size(), 1U) << "no word of deny rules or of other people";
  pass(3 * kBeat);
  EXPECT_EQ(count<PostureStanding>(talk.client_events), 1);
  sensor_runs = false;
  pass(kBeat);
  EXPECT_EQ(count<PostureStanding>(talk.client_events), 2);
  EXPECT_EQ(told("managed"), PostureState::Fails);
  const auto& line = talk.client_event<PostureStanding>()->checks[0].lines[0];
  EXPECT_EQ(line, (StandingLine{"process falcon-sensor", "running", "not running", PostureState::Fails}));
}

TEST_F(ReportingLaptop, TheGatewayNotesWhichChecksTurned) {
  sensor_runs = false;
  pass(kBeat);
  const auto* changed = talk.gateway_event<Session::PostureChanged>();
  ASSERT_NE(changed, nullptr);
  EXPECT_EQ(changed->checks, (std::vector<std::pair<std::string, PostureState>>{{"managed", PostureState::Fails}}));
  const auto notes = count<Session::PostureChanged>(talk.gateway_events);
  pass(3 * kBeat);
  EXPECT_EQ(count<Session::PostureChanged>(talk.gateway_events), notes);
}

TEST_F(ReportingLaptop, FillsNoRecordByTurningAllTheTimeAndIsToldOfInTheEnd) {
  auto policy = std::string{kPolicy};
  policy.replace(policy.find("\"1m\""), 4, "\"4s\"");
  talk.replace_policy(policy);
  const auto before = count<Session::PostureChanged>(talk.gateway_events);
  for (int i = 0; i < 300; ++i) {
    sensor_runs = !sensor_runs;
    pass(seconds{2});
  }
  const auto told_of = count<Session::PostureChanged>(talk.gateway_events) - before;
  EXPECT_GE(told_of, 100);
  EXPECT_LE(told_of, 100 + 600 / 30 + 1);
  sensor_runs = false;
  pass(seconds{35});
  EXPECT_EQ(told("managed"), PostureState::Fails);
  EXPECT_EQ(talk.gateway_event<Session::PostureChanged>()->checks,
            (std::vector<std::pair<std::string, PostureState>>{{"managed", PostureState::Fails}}));
  sensor_runs = true;
  pass(seconds{65});
  EXPECT_EQ(talk.gateway_event<Session::PostureChanged>()->checks,
            (std::vector<std::pair<std::string, PostureState>>{{"managed", PostureState::Holds}}));
}

TEST_F(ReportingLaptop, ALaptopThatFallsSilentIsUnknownOnceItsReportIsTooOld) {
  talk.attester = nullptr;
  pass(seconds{61});
  EXPECT_FALSE(reaches("10.20.4.10"));
  pass(seconds{1});
  EXPECT_EQ(told("managed"), PostureState::Unknown);
}

TEST_F(ReportingLaptop, ANewPolicyAsksForItsNamesWithinSeconds) {
  auto policy = std::string{kPolicy};
  policy.replace(policy.find("falcon-sensor"), 13, "other-sensor");
  talk.replace_policy(policy);
  pass(seconds{3});
  EXPECT_EQ(asked.processes, (std::vector<std::string>{"other-sensor", "transmission"}));
}

TEST_F(ReportingLaptop, AnswersThatNobodyAskedForAreWorthNothing) {
  talk.attester = [this](const ChannelValue& channel, const AttestChallenge& challenge) {
    return talk.honest_answer(channel, challenge, R"({"v":1,"posture":{"os":"debian","os_version":"","kernel":"",
        "processes":{"falcon-sensor":true,"x":true},"files":{"/etc/corp/managed":true,"/y":true}}})");
  };
  pass(kBeat);
  const auto* renewed = talk.gateway_event<Session::EvidenceRenewed>();
  ASSERT_NE(renewed, nullptr);
  EXPECT_EQ(renewed->evidence.posture.report->processes.size(), 1U);
  EXPECT_EQ(renewed->evidence.posture.report->files.size(), 1U);
}

TEST_F(ReportingLaptop, WhatItSaysHasChangedNarrowsAtOnceAndHealsAtOnce) {
  EXPECT_TRUE(reaches("10.20.4.10"));
  is_managed = false;
  EXPECT_TRUE(reaches("10.20.4.10")) << "nobody has told";
  EXPECT_TRUE(talk.tell_posture_changed());
  EXPECT_FALSE(reaches("10.20.4.10")) << "without any time passing";
  EXPECT_EQ(told("managed"), PostureState::Fails);
  EXPECT_TRUE(reaches("10.0.9.1")) << "what asks for no posture stays";
  is_managed = true;
  EXPECT_TRUE(talk.tell_posture_changed());
  EXPECT_TRUE(reaches("10.20.4.10"));
  EXPECT_EQ(talk.gateway().changes_told().heard, 2U);
  EXPECT_EQ(talk.gateway().changes_told().held_back, 0U);
}

TEST_F(ReportingLaptop, SayingItWithoutEndBringsNoMoreThanAFewChallenges) {
  const auto before = count<AttestChallenge>(talk.client_events);
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(talk.tell_posture_changed());
  EXPECT_EQ(count<AttestChallenge>(talk.client_events) - before, Attestation::kChangesAtOnce);
  EXPECT_EQ(talk.gateway().changes_told().heard, 1'000U);
  EXPECT_EQ(talk.gateway().changes_told().held_back, 1'000U - Attestation::kChangesAtOnce);
  is_managed = false;
  pass(seconds{2});
  EXPECT_FALSE(reaches("10.20.4.10")) << "the one that was held back";
  EXPECT_FALSE(talk.gateway_is_over());
}

TEST_F(ReportingLaptop, SaysNothingByItThatCounts) {
  ByteBuffer capsule;
  append_capsule(capsule, CapsuleType::Posture, as_bytes(R"({"v":1,"want":"a cup of tea","checks":[]})"));
  const auto before = count<AttestChallenge>(talk.client_events);
  talk.laptop_says(capsule);
  EXPECT_EQ(count<AttestChallenge>(talk.client_events), before) << "a wish of a later release";
  EXPECT_FALSE(talk.gateway_is_over());
  capsule.clear();
  append_capsule(capsule, CapsuleType::Posture, as_bytes(R"({"v":1)"));
  talk.laptop_says(capsule);
  EXPECT_TRUE(talk.gateway_is_over()) << "no JSON object";
}

TEST(PlainLaptop, WithoutAttestationIsToldNothingAndReachesWhatAsksForNoPosture) {
  Conversation talk{kPolicy, Extensions{.notice = true, .why = true, .attest = false}};
  talk.run();
  for (int i = 0; i < 12; ++i) talk.pass_time(seconds{10});
  EXPECT_EQ(talk.client_event<PostureStanding>(), nullptr);
  talk.laptop_sends(request("10.20.4.10"));
  EXPECT_TRUE(talk.at_office.empty());
  talk.laptop_sends(request("10.0.9.1"));
  EXPECT_EQ(talk.at_office.size(), 1U);
  EXPECT_FALSE(talk.tell_posture_changed()) << "there is nothing to be told";
  ByteBuffer capsule;
  append_posture_request(capsule);
  talk.laptop_says(capsule);
  EXPECT_FALSE(talk.gateway_is_over()) << "skipped";
  EXPECT_EQ(talk.client_event<AttestChallenge>(), nullptr);
}

}  // namespace
}  // namespace sallyport
