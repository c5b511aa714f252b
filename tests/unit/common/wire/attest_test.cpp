#include "common/wire/attest.hpp"

#include "common/wire/capsule.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace sallyport {
namespace {

AttestChallenge a_challenge() {
  AttestChallenge challenge{.nonce = {}, .session = 0x1122334455667788ULL};
  challenge.nonce.front() = std::byte{0xab};
  challenge.nonce.back() = std::byte{0x01};
  return challenge;
}

Bytes value_of(const ByteBuffer& stream) {
  static CapsuleReader reader;
  reader = CapsuleReader{};
  reader.feed(stream);
  const auto capsule = reader.next();
  EXPECT_TRUE(capsule && *capsule);
  EXPECT_EQ((*capsule)->type, CapsuleType::Attest);
  return (*capsule)->payload;
}

TEST(Attest, AChallengeComesThroughAsItWasWritten) {
  ByteBuffer stream;
  append_attest_challenge(stream, a_challenge());
  const auto read = parse_attest_challenge(value_of(stream));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, a_challenge());
}

TEST(Attest, AChallengeCarriesWhatItWantsByName) {
  auto challenge = a_challenge();
  challenge.wants = {{"falcon-sensor", "osqueryd"}, {"/etc/corp/managed"}};
  ByteBuffer stream;
  append_attest_challenge(stream, challenge);
  const auto read = parse_attest_challenge(value_of(stream));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, challenge);
}

std::string challenge_with(const std::string& wants) {
  return "{\"v\":1,\"nonce\":\"" + std::string(64, 'a') + "\",\"session\":1,\"wants\":" + wants + '}';
}

TEST(Attest, RefusesAChallengeThatPriesForMoreThanNames) {
  EXPECT_TRUE(parse_attest_challenge(as_bytes(challenge_with("{}"))));
  EXPECT_TRUE(parse_attest_challenge(as_bytes(challenge_with(R"({"files":["/etc/a b"],"later":7})"))));
  for (const auto* wants :
       {"7", "[]", R"({"files":7})", R"({"files":[7]})", R"({"files":["etc/x"]})", R"({"files":["/etc/../root/x"]})",
        R"({"files":["/"]})", R"({"files":["/etc/"]})", R"({"files":["//etc"]})", R"({"files":["/home/*"]})",
        R"({"files":["/etc/\u0000x"]})", R"({"processes":["/usr/bin/x"]})", R"({"processes":[""]})",
        R"({"processes":["a\nb"]})", R"({"processes":[".."]})"}) {
    EXPECT_FALSE(parse_attest_challenge(as_bytes(challenge_with(wants)))) << wants;
  }
  EXPECT_FALSE(parse_attest_challenge(as_bytes(challenge_with("{\"processes\":[\"" + std::string(256, 'x') + "\"]}"))));
}

TEST(Attest, RefusesAChallengeForMoreNamesThanThereMayBe) {
  const auto wants = [](int processes, int files) {
    nlohmann::json object{{"processes", nlohmann::json::array()}, {"files", nlohmann::json::array()}};
    for (int i = 0; i < processes; ++i) object["processes"].push_back("p" + std::to_string(i));
    for (int i = 0; i < files; ++i) object["files"].push_back("/f" + std::to_string(i));
    return challenge_with(object.dump());
  };
  EXPECT_TRUE(parse_attest_challenge(as_bytes(wants(32, 32))));
  EXPECT_FALSE(parse_attest_challenge(as_bytes(wants(32, 33))));
  EXPECT_FALSE(parse_attest_challenge(as_bytes(wants(65, 0))));
}

TEST(Attest, AnAnswerKeepsEveryOctetOfTheBodyThatWasSigned) {
  const AttestAnswer answer{
      a_challenge().nonce, "{\"v\":1, \"x\":\"\\u00e9 \xc3\xa9 \\\" \\\\ \"}\n", {std::byte{0}, std::byte{0xff}}};
  ByteBuffer stream;
  append_attest_answer(stream, answer);
  const auto read = parse_attest_answer(value_of(stream));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, answer);
}

TEST(Attest, AnAnswerMaySayThatTheKeyCannotSign) {
  const AttestAnswer answer{a_challenge().nonce, {}, {}, true};
  ByteBuffer stream;
  append_attest_answer(stream, answer);
  const auto read = parse_attest_answer(value_of(stream));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, answer);
  const std::string head = "{\"nonce\":\"" + std::string(64, 'a') + "\",";
  for (const auto* rest : {R"("cannot_sign":false})", R"("cannot_sign":1})", R"("cannot_sign":"true"})"}) {
    EXPECT_FALSE(parse_attest_answer(as_bytes(head + rest))) << rest;
  }
  EXPECT_FALSE(parse_attest_answer(as_bytes(R"({"v":1,"cannot_sign":true})"))) << "of no challenge";
}

TEST(Attest, RefusesWhatLacksAMemberOrHasOneOfTheWrongKind) {
  const std::string nonce(64, 'a');
  for (const auto& text :
       {std::string{"[]"}, std::string{"{}"}, "{\"nonce\":\"" + nonce + "\"}",
        "{\"nonce\":\"" + nonce + "\",\"session\":-1}", std::string{"{\"nonce\":\"ab\",\"session\":1}"},
        "{\"nonce\":\"" + nonce + "aa\",\"session\":1}", std::string{"{\"nonce\":1,\"session\":1}"},
        "{\"nonce\":\"" + std::string(64, 'g') + "\",\"session\":1}"}) {
    EXPECT_FALSE(parse_attest_challenge(as_bytes(text))) << text;
  }
  const std::string head = "{\"nonce\":\"" + nonce + "\",";
  ASSERT_TRUE(parse_attest_answer(as_bytes(head + R"("body":"{}","signature":"00"})")));
  for (const auto& text :
       {std::string{"{}"}, head + R"("body":"{}"})", head + R"("body":{},"signature":"00"})",
        head + R"("body":"{}","signature":"0"})", head + R"("signature":"00"})",
        std::string{R"({"body":"{}","signature":"00"})"}, std::string{R"({"nonce":"aa","body":"{}","signature":"00"})"},
        head + "\"body\":\"{}\",\"signature\":\"" + std::string(2 * 513, '0') + "\"}"}) {
    EXPECT_FALSE(parse_attest_answer(as_bytes(text))) << text;
  }
}

TEST(Attest, TheSignedMessageDiffersInEveryPartThatDiffers) {
  ChannelValue channel{};
  ChannelValue other_channel{};
  other_channel[31] = std::byte{1};
  auto other_nonce = a_challenge();
  other_nonce.nonce[5] = std::byte{1};
  auto other_session = a_challenge();
  other_session.session += 1;
  const std::set<ByteBuffer> messages{
      attestation_message(channel, a_challenge(), "{}"), attestation_message(other_channel, a_challenge(), "{}"),
      attestation_message(channel, other_nonce, "{}"), attestation_message(channel, other_session, "{}"),
      attestation_message(channel, a_challenge(), "{\"v\":1}")};
  EXPECT_EQ(messages.size(), 5U);
}

}  // namespace
}  // namespace sallyport
