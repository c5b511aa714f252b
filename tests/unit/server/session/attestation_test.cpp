#include "server/session/attestation.hpp"

#include "common/pki/private_key.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>

namespace sallyport {
namespace {

using std::chrono::seconds;

constexpr std::string_view kBody = R"({"v":1})";

struct Device {
  explicit Device(KeyKind kind = KeyKind::P256) : key{PrivateKey::generate(kind).value()} {}

  [[nodiscard]] std::shared_ptr<const ChannelBinding> binding() const {
    return std::make_shared<const ChannelBinding>(ChannelBinding{key.public_key(), channel});
  }
  [[nodiscard]] AttestAnswer answer(const AttestChallenge& challenge, std::string_view body = kBody) const {
    return {challenge.nonce, std::string{body}, key.sign(attestation_message(channel, challenge, body)).value()};
  }

  PrivateKey key;
  ChannelValue channel{};
};

AttestNonce nonce(unsigned number) {
  AttestNonce octets{};
  store_be32(octets, number);
  return octets;
}

class AttestationTest : public testing::Test {
 protected:
  AttestChallenge ask(unsigned number = 1) {
    ByteBuffer out;
    attestation.challenge(nonce(number), wants, now, out);
    return {nonce(number), kSession, wants};
  }
  std::optional<AttestRefusal> refusal_of(const AttestAnswer& answer) {
    const auto taken = attestation.take(answer, at(now));
    return taken ? std::nullopt : std::optional{taken.error()};
  }

  static Now at(TimePoint steady) { return {steady, WallTime{std::chrono::hours{500'000}}}; }

  PostureWants wants{};
  static constexpr std::uint64_t kSession = 42;
  Device device;
  Attestation attestation{device.binding(), kSession};
  TimePoint now{std::chrono::hours{1}};
};

TEST_F(AttestationTest, TakesAnAnswerOfEveryKindOfKey) {
  for (const auto kind : {KeyKind::P256, KeyKind::P384, KeyKind::Ed25519}) {
    const Device other{kind};
    Attestation each{other.binding(), kSession};
    ByteBuffer out;
    each.challenge(nonce(7), {}, now, out);
    EXPECT_TRUE(each.take(other.answer({nonce(7), kSession}), at(now))) << describe(kind);
  }
}

TEST_F(AttestationTest, TheOpenChallengeIsUsedUpByAWrongAnswer) {
  const auto challenge = ask();
  EXPECT_EQ(refusal_of({challenge.nonce, std::string{kBody}, {}}), AttestRefusal::BadSignature);
  EXPECT_EQ(refusal_of(device.answer(challenge)), AttestRefusal::NotAsked);
}

TEST_F(AttestationTest, AnAnswerToAnotherChallengeLeavesTheOpenOneAsItIs) {
  const auto old = device.answer(ask(1));
  const auto challenge = ask(2);
  EXPECT_EQ(refusal_of(old), AttestRefusal::NotAsked);
  EXPECT_EQ(refusal_of(device.answer(challenge)), std::nullopt);
}

TEST_F(AttestationTest, IsNotDueAgainWhileAnAnswerMayStillCome) {
  const auto challenge = ask();
  attestation.keep_beat(seconds{4}, now);
  EXPECT_FALSE(attestation.is_due(now + seconds{29})) << "the answer may be slow";
  EXPECT_TRUE(attestation.is_due(now + Attestation::kAnswerTime));
  now += seconds{20};
  EXPECT_EQ(refusal_of(device.answer(challenge)), std::nullopt);
  EXPECT_TRUE(attestation.is_due(now)) << "the beat is long past";
}

TEST_F(AttestationTest, IsDueSoonerForALaptopThatHasSomethingToSayButNeverTwiceInTwoSeconds) {
  EXPECT_EQ(refusal_of(device.answer(ask())), std::nullopt);
  attestation.keep_beat(std::nullopt, now);
  attestation.hurry(now);
  attestation.keep_beat(std::nullopt, now);
  EXPECT_FALSE(attestation.is_due(now + std::chrono::milliseconds{1999}));
  EXPECT_TRUE(attestation.is_due(now + Attestation::kShortestBeat));
  attestation.calm();
  EXPECT_FALSE(attestation.is_due(now + Attestation::kShortestBeat));
  attestation.hurry(now + seconds{60});
  EXPECT_TRUE(attestation.is_due(now + seconds{60}));
  now += seconds{60};
  (void)ask(2);
  attestation.hurry(now);
  EXPECT_FALSE(attestation.is_due(now + Attestation::kShortestBeat)) << "one is open";
}

TEST_F(AttestationTest, AsksAtOnceWhenTheLaptopSaysThatItsReportHasChangedAndSoOftenAsThereIsRoom) {
  EXPECT_EQ(refusal_of(device.answer(ask())), std::nullopt);
  attestation.keep_beat(std::nullopt, now);
  int at_once = 0;
  for (int i = 0; i < 20; ++i) {
    attestation.note_change(now);
    if (!attestation.is_due(now)) break;
    ++at_once;
    EXPECT_EQ(refusal_of(device.answer(ask(static_cast<std::uint8_t>(i + 2)))), std::nullopt);
    attestation.keep_beat(std::nullopt, now);
  }
  EXPECT_EQ(at_once, Attestation::kChangesAtOnce);
  EXPECT_TRUE(attestation.owes_change()) << "held back, not lost";
  EXPECT_TRUE(attestation.is_due(now + Attestation::kChangeInterval));
}

TEST_F(AttestationTest, ALaptopThatSaysItWithoutEndIsAskedTwiceASecondOnTheLongRun) {
  int challenges = 0;
  for (int i = 0; i < 60'000; i += 10) {
    now += std::chrono::milliseconds{10};
    attestation.note_change(now);
    if (!attestation.is_due(now)) continue;
    ++challenges;
    EXPECT_EQ(refusal_of(device.answer(ask(static_cast<std::uint8_t>(challenges)))), std::nullopt);
    attestation.keep_beat(std::nullopt, now);
  }
  EXPECT_LE(challenges, Attestation::kChangesAtOnce + 60 * 2 + 1);
  EXPECT_GE(challenges, 60 * 2);
}

TEST_F(AttestationTest, AChangeThatIsToldWhileAChallengeIsOpenIsAskedForRightAfterItsAnswer) {
  const auto challenge = ask();
  attestation.keep_beat(std::nullopt, now);
  now += std::chrono::milliseconds{100};
  attestation.note_change(now);
  EXPECT_FALSE(attestation.is_due(now)) << "nothing is asked while an answer may come";
  EXPECT_EQ(refusal_of(device.answer(challenge)), std::nullopt);
  EXPECT_TRUE(attestation.is_due(now));
}

TEST_F(AttestationTest, WithoutRandomOctetsNothingIsTriedBeforeAMomentHasPassed) {
  attestation.keep_beat(std::nullopt, now);
  attestation.note_change(now);
  attestation.hurry(now);
  attestation.postpone(now);
  EXPECT_FALSE(attestation.is_due(now + std::chrono::milliseconds{1999}));
  EXPECT_TRUE(attestation.is_due(now + Attestation::kShortestBeat));
}

TEST_F(AttestationTest, WhatIsProvedIsAsOldAsTheQuestion) {
  const auto challenge = ask();
  now += seconds{20};
  const auto taken = attestation.take(device.answer(challenge), at(now));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->asked, at(now).wall - seconds{20});
}

TEST_F(AttestationTest, WhatIsProvedIsAsOldAsTheQuestionThoughTheWallClockWasSetMeanwhile) {
  for (const auto jump : {std::chrono::hours{1}, std::chrono::hours{-1}, std::chrono::hours{87'600}}) {
    const auto challenge = ask();
    now += std::chrono::milliseconds{1'500};
    const Now set{now, at(now).wall + jump};
    const auto taken = attestation.take(device.answer(challenge), set);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->asked, set.wall - seconds{2}) << "whole seconds, and never younger than it is";
  }
}

TEST_F(AttestationTest, RefusesARightlySignedBodyThatSaysNothing) {
  for (const auto* body :
       {"", "[]", "{}", R"({"v":2})", R"({"v":1,"posture":7})",
        R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6","facts":[]}})",
        R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6","facts":{"firewall":1}}})"}) {
    EXPECT_EQ(refusal_of(device.answer(ask(), body)), AttestRefusal::BadBody) << body;
  }
}

TEST_F(AttestationTest, ReadsThePostureThatTheBodyReports) {
  const auto taken = attestation.take(
      device.answer(ask(),
                    R"({"v":1,"posture":{"os":"Debian","os_version":"12.5","kernel":"6.1.0","facts":{"firewall":true,
                            "disk_encrypted":false,"unheard_of":true}}})"),
      at(now));
  ASSERT_TRUE(taken);
  ASSERT_TRUE(taken->posture);
  EXPECT_EQ(taken->posture->os, "debian");
  EXPECT_EQ(taken->posture->os_version, "12.5");
  EXPECT_EQ(taken->posture->facts,
            (std::map<std::string, bool, std::less<>>{{"disk_encrypted", false}, {"firewall", true}}));
}

TEST_F(AttestationTest, TakesAnswersAboutWhatItAskedForByNameAndNoOthers) {
  wants = {{"falcon-sensor"}, {"/etc/corp/managed", "/etc/corp/other"}};
  const auto taken =
      attestation.take(device.answer(ask(), R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6",
          "processes":{"falcon-sensor":true,"sshd":true},"files":{"/etc/corp/managed":false,"/etc/shadow":true}}})"),
                       at(now));
  ASSERT_TRUE(taken && taken->posture);
  using Answers = std::map<std::string, bool, std::less<>>;
  EXPECT_EQ(taken->posture->processes, (Answers{{"falcon-sensor", true}}));
  EXPECT_EQ(taken->posture->files, (Answers{{"/etc/corp/managed", false}})) << "what is not answered is unknown";
}

TEST_F(AttestationTest, RefusesAnswersByNameThatAreNotTrueOrFalse) {
  wants = {{"falcon-sensor"}, {}};
  for (const auto* body :
       {R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6","processes":[]}})",
        R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6","processes":{"falcon-sensor":"yes"}}})"}) {
    EXPECT_EQ(refusal_of(device.answer(ask(), body)), AttestRefusal::BadBody) << body;
  }
}

TEST_F(AttestationTest, AsksSoonForWhatANewPolicyWantsByName) {
  (void)attestation.take(device.answer(ask()), at(now));
  attestation.keep_beat(seconds{600}, now);
  attestation.note_wants({}, now);
  EXPECT_FALSE(attestation.is_due(now + seconds{60})) << "nothing new is asked for";
  attestation.note_wants({{"falcon-sensor"}, {}}, now);
  EXPECT_FALSE(attestation.is_due(now)) << "never more often than every two seconds";
  EXPECT_TRUE(attestation.is_due(now + Attestation::kShortestBeat));
}

TEST_F(AttestationTest, AsksFirstThingAndThenAtHalfOfTheSmallestAge) {
  attestation.keep_beat(seconds{60}, now);
  EXPECT_TRUE(attestation.is_due(now));
  ASSERT_EQ(refusal_of(device.answer(ask())), std::nullopt);
  attestation.keep_beat(seconds{60}, now);
  EXPECT_FALSE(attestation.is_due(now + seconds{26}));
  EXPECT_TRUE(attestation.is_due(now + seconds{30}));
  attestation.keep_beat(seconds{1}, now);
  EXPECT_FALSE(attestation.is_due(now + std::chrono::milliseconds{1'999})) << "there is a floor";
  EXPECT_TRUE(attestation.is_due(now + Attestation::kShortestBeat));
  attestation.keep_beat(std::nullopt, now);
  EXPECT_TRUE(attestation.is_due(now + Attestation::kLongestBeat));
}

TEST(AttestationBeat, DiffersFromSessionToSession) {
  const Device device;
  std::set<TimePoint> dues;
  const TimePoint now{std::chrono::hours{1}};
  for (std::uint64_t session = 1; session <= 50; ++session) {
    Attestation each{device.binding(), session};
    ByteBuffer out;
    each.challenge(nonce(1), {}, now, out);
    ASSERT_TRUE(each.take(device.answer({nonce(1), session}), {now, WallTime{}}));
    each.keep_beat(seconds{600}, now);
    dues.insert(each.due());
  }
  EXPECT_GT(dues.size(), 5U);
}

}  // namespace
}  // namespace sallyport
