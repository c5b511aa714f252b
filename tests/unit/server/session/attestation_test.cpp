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
    attestation.challenge(nonce(number), wants, at(now), out);
    return {nonce(number), kSession, wants};
  }
  std::optional<AttestRefusal> refusal_of(const AttestAnswer& answer) {
    const auto taken = attestation.take(answer, now);
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
    each.challenge(nonce(7), {}, at(now), out);
    EXPECT_TRUE(each.take(other.answer({nonce(7), kSession}), now)) << describe(kind);
  }
}

TEST_F(AttestationTest, RefusesAReplayedAnswerAThousandTimes) {
  const auto answer = device.answer(ask());
  EXPECT_EQ(refusal_of(answer), std::nullopt);
  for (unsigned i = 0; i < 500; ++i) EXPECT_EQ(refusal_of(answer), AttestRefusal::NotAsked);
  for (unsigned i = 2; i < 502; ++i) {
    const auto challenge = ask(i);
    EXPECT_EQ(refusal_of(answer), AttestRefusal::NotAsked);
    EXPECT_EQ(refusal_of({challenge.nonce, answer.body, answer.signature}), AttestRefusal::BadSignature);
  }
}

TEST_F(AttestationTest, RefusesAnAnswerMadeForAnotherChannelSessionOrKeyAThousandTimes) {
  const Device thief;
  for (unsigned i = 0; i < 1'000; ++i) {
    const auto challenge = ask(i);
    AttestAnswer forged;
    if (i % 3 == 0) {
      ChannelValue channel{};
      store_be32(channel, i + 1);
      forged = {challenge.nonce, std::string{kBody},
                device.key.sign(attestation_message(channel, challenge, kBody)).value()};
    } else if (i % 3 == 1) {
      forged = device.answer({challenge.nonce, kSession + 1 + i});
    } else {
      forged = thief.answer(challenge);
    }
    ASSERT_EQ(refusal_of(forged), AttestRefusal::BadSignature) << i;
  }
}

TEST_F(AttestationTest, RefusesAnAlteredBodyAThousandTimes) {
  const std::string body =
      R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6","facts":{"firewall":true}}})";
  for (unsigned i = 0; i < 1'000; ++i) {
    auto answer = device.answer(ask(i), body);
    auto& octet = answer.body[i % answer.body.size()];
    octet = static_cast<char>(static_cast<unsigned char>(octet) ^ (1U + i / 100));
    ASSERT_EQ(refusal_of(answer), AttestRefusal::BadSignature) << i;
  }
}

TEST_F(AttestationTest, RefusesALateAnswerAThousandTimes) {
  for (unsigned i = 0; i < 1'000; ++i) {
    const auto answer = device.answer(ask(i));
    now += Attestation::kAnswerTime;
    ASSERT_EQ(refusal_of(answer), AttestRefusal::Late) << i;
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

TEST_F(AttestationTest, WhatIsProvedIsAsOldAsTheQuestion) {
  const auto challenge = ask();
  now += seconds{20};
  const auto taken = attestation.take(device.answer(challenge), now);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->asked, at(now).wall);
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
      now);
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
                       now);
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
  (void)attestation.take(device.answer(ask()), now);
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
    each.challenge(nonce(1), {}, {now, WallTime{}}, out);
    ASSERT_TRUE(each.take(device.answer({nonce(1), session}), now));
    each.keep_beat(seconds{600}, now);
    dues.insert(each.due());
  }
  EXPECT_GT(dues.size(), 5U);
}

}  // namespace
}  // namespace sallyport
