#include "common/wire/proof.hpp"

#include "common/wire/capsule.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

ByteBuffer value_of(const ByteBuffer& stream) {
  CapsuleReader reader;
  reader.feed(stream);
  const auto capsule = reader.next();
  EXPECT_TRUE(capsule && *capsule && (*capsule)->type == CapsuleType::Proof);
  return {(*capsule)->payload.begin(), (*capsule)->payload.end()};
}

template <class Message>
Message round(const Message& message, void (*write)(ByteBuffer&, const Message&)) {
  ByteBuffer stream;
  write(stream, message);
  const auto read = parse_proof_message(value_of(stream));
  EXPECT_TRUE(read);
  return std::get<Message>(*read);
}

TEST(Proof, AVerdictComesThroughAsItWasWritten) {
  const ProofVerdict accepted{.verdict = "accepted", .words = "Accepted.", .until = parse_utc("2026-11-21T08:00:00Z")};
  EXPECT_EQ(round(accepted, append_proof_verdict), accepted);
  const ProofVerdict wrong{.verdict = "wrong_code", .words = "No.", .tries_left = 0, .seconds = 30};
  EXPECT_EQ(round(wrong, append_proof_verdict), wrong);
}

TEST(Proof, AListComesThroughAsItWasWrittenAndALongOneIsCut) {
  const ProofWaiting waiting{{"git", "prod"}, 3};
  EXPECT_EQ(round(waiting, append_proof_waiting), waiting);
  const ProofWaiting long_one{std::vector<std::string>(200, "x"), 0};
  EXPECT_EQ(round(long_one, append_proof_waiting).places.size(), kMaxProofPlaces);
}

TEST(Proof, ARequestComesThroughAsItWasWrittenAndAnUnknownWishIsNone) {
  ByteBuffer stream;
  append_proof_request(stream);
  EXPECT_EQ(parse_proof_request(value_of(stream)), true);
  EXPECT_EQ(parse_proof_request(as_bytes(R"({"v":1,"want":"tea"})")), false);
  EXPECT_FALSE(parse_proof_request(as_bytes(R"({"v":1,"want":7})")));
  EXPECT_FALSE(parse_proof_request(as_bytes("[]")));
}

TEST(Proof, RefusesWhatLacksAMemberOrHasOneOfTheWrongKind) {
  for (const auto* text :
       {"[]", R"({"kind":7})", R"({"kind":"verdict"})", R"({"kind":"verdict","verdict":""})",
        R"({"kind":"verdict","verdict":"wait","seconds":-1})", R"({"kind":"verdict","verdict":"wait","seconds":"1"})",
        R"({"kind":"waiting"})", R"({"kind":"waiting","places":{}})", R"({"kind":"waiting","places":[1]})",
        R"({"kind":"waiting","places":[""]})", R"({"kind":"waiting","places":[],"left_off":1.5})"}) {
    EXPECT_FALSE(parse_proof_message(as_bytes(text))) << text;
  }
  const auto unknown = parse_proof_message(as_bytes(R"({"v":1,"kind":"later"})"));
  ASSERT_TRUE(unknown);
  EXPECT_TRUE(std::holds_alternative<UnknownProofMessage>(*unknown));
}

TEST(Proof, EscapesWhatAHostileGatewayCallsItsPlaces) {
  const auto read = parse_proof_message(as_bytes("{\"kind\":\"waiting\",\"places\":[\"\\u001b[31mprod\"]}"));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ProofWaiting>(*read).places.front(), "\\x1b[31mprod");
}

TEST(Proof, KnowsWhatACodeCanBe) {
  EXPECT_TRUE(is_well_formed({"totp", "123456"}));
  EXPECT_TRUE(is_well_formed({"sixteen_letters_", std::string(128, '~')}));
  for (const auto& attempt :
       {ProofAttempt{"", "1"}, ProofAttempt{"seventeen_letters", "1"}, ProofAttempt{"totp", ""},
        ProofAttempt{"TOTP", "1"}, ProofAttempt{"to tp", "1"}, ProofAttempt{"totp", "12 34"},
        ProofAttempt{"totp", "1\n"}, ProofAttempt{"totp", "\x80"}, ProofAttempt{"totp", std::string(129, '1')}}) {
    EXPECT_FALSE(is_well_formed(attempt)) << attempt.method << ' ' << attempt.code;
  }
}

TEST(Proof, ABodyKeepsWhatItSaidBesidesTheCode) {
  EXPECT_EQ(with_proof(R"({"v":1,"posture":{"os":"debian"}})", {"totp", "123456"}),
            R"({"v":1,"posture":{"os":"debian"},"proof":{"method":"totp","code":"123456"}})");
}

}  // namespace
}  // namespace sallyport
