#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"
#include "common/wire/notice.hpp"
#include "common/wire/problem.hpp"
#include "common/wire/why.hpp"
#include "tests/unit/common/wire/wire_bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

std::string nested(std::size_t depth) {
  return "{\"x\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

std::string value_of(const ByteBuffer& stream) {
  CapsuleReader reader;
  reader.feed(stream);
  const auto capsule = reader.next();
  return capsule && *capsule ? std::string{as_text((*capsule)->payload)} : std::string{"no capsule"};
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

TEST(ControlJson, IsAnObjectAndNothingElse) {
  for (const std::string_view text : {"", "[]", "1", "null", "\"x\"", "{", "{}x", "{\"a\":1,}", "{\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(parse_control_json(as_bytes(text))) << text;
  }
  EXPECT_TRUE(parse_control_json(as_bytes("{}")));
}

TEST(ControlJson, NestsAtMost32Deep) {
  EXPECT_TRUE(parse_control_json(as_bytes(nested(32))));
  EXPECT_FALSE(parse_control_json(as_bytes(nested(33))));
  EXPECT_FALSE(parse_control_json(as_bytes(nested(30000))));
}

TEST(ControlJson, IsAtMost64KiBLong) {
  const std::string room(kMaxJsonSize - 2, ' ');
  EXPECT_TRUE(parse_control_json(as_bytes("{" + room + "}")));
  EXPECT_FALSE(parse_control_json(as_bytes("{ " + room + "}")));
}

TEST(Notice, OfADeniedFlowIsWrittenAsDocumented) {
  ByteBuffer out;
  append_notice(out, DeniedNotice{"10.0.0.1:25/tcp", "not_allowed", "ask", "K7Q2-9XPD"});
  EXPECT_EQ(value_of(out), R"({"v":1,"kind":"denied","to":"10.0.0.1:25/tcp","reason":"not_allowed","words":"ask",)"
                           R"("code":"K7Q2-9XPD"})");
}

TEST(Notice, ComesBackAsItWasWritten) {
  ByteBuffer out;
  const DeniedNotice denied{"10.0.0.1:25/tcp", "not_allowed", "ask", "K7Q2-9XPD"};
  append_notice(out, denied);
  EXPECT_EQ(parse_notice(as_bytes(value_of(out))).value(), GatewayNotice{denied});
  out.clear();
  const EndingNotice ending{"superseded", "a newer session took over"};
  append_notice(out, ending);
  EXPECT_EQ(parse_notice(as_bytes(value_of(out))).value(), GatewayNotice{ending});
}

TEST(Notice, OfAnEndSaysWhenToComeBackWhereThatMatters) {
  ByteBuffer out;
  append_notice(out, EndingNotice{"idle", "w"});
  EXPECT_EQ(value_of(out), R"({"v":1,"kind":"ending","reason":"idle","words":"w"})");
  out.clear();
  const EndingNotice ending{"gateway_shutdown", "w", std::chrono::seconds{5}};
  append_notice(out, ending);
  EXPECT_EQ(value_of(out), R"({"v":1,"kind":"ending","reason":"gateway_shutdown","words":"w","return_within":5})");
  EXPECT_EQ(parse_notice(as_bytes(value_of(out))).value(), GatewayNotice{ending});
}

TEST(Notice, OfAMoveIsWrittenAsDocumentedAndComesBack) {
  ByteBuffer out;
  const MoveNotice move{"lifetime", "w", std::chrono::seconds{4320}};
  append_notice(out, move);
  EXPECT_EQ(value_of(out), R"({"v":1,"kind":"move","reason":"lifetime","left":4320,"words":"w"})");
  EXPECT_EQ(parse_notice(as_bytes(value_of(out))).value(), GatewayNotice{move});
}

TEST(Notice, RefusesTimesThatAreNone) {
  for (const std::string_view text :
       {R"({"kind":"move","reason":"x","words":""})", R"({"kind":"move","reason":"x","words":"","left":-1})",
        R"({"kind":"move","reason":"x","words":"","left":1.5})",
        R"({"kind":"move","reason":"x","words":"","left":"1"})",
        R"({"kind":"move","reason":"x","words":"","left":4294967296})",
        R"({"kind":"ending","reason":"x","words":"","return_within":3601})",
        R"({"kind":"ending","reason":"x","words":"","return_within":null})"}) {
    EXPECT_EQ(parse_notice(as_bytes(text)).error(), CapsuleError::BadMember) << text;
  }
}

TEST(Notice, OfAnUnknownKindIsNoError) {
  EXPECT_EQ(parse_notice(as_bytes(R"({"v":1,"kind":"later","x":[1]})")).value(), GatewayNotice{UnknownNotice{}});
}

TEST(Notice, RefusesMembersOfTheWrongKind) {
  EXPECT_EQ(parse_notice(as_bytes(R"({"kind":7})")).error(), CapsuleError::BadMember);
  EXPECT_EQ(parse_notice(as_bytes(R"({"kind":"denied","to":{}})")).error(), CapsuleError::BadMember);
  EXPECT_EQ(parse_notice(as_bytes("[]")).error(), CapsuleError::BadJson);
}

TEST(Notice, ReachesATerminalOnlyAsPrintableShortText) {
  const std::string hostile =
      R"({"kind":"ending","reason":"\u001b]0;x\u0007","words":"\u0000\n\r\u009b)" + std::string(5000, 'a') + "\"}";
  const auto notice = parse_notice(as_bytes(hostile));
  ASSERT_TRUE(notice);
  const auto& ending = std::get<EndingNotice>(*notice);
  EXPECT_TRUE(is_printable(ending.reason));
  EXPECT_TRUE(is_printable(ending.words));
  EXPECT_LE(ending.words.size(), 256U);
}

TEST(Notice, IsEscapedByWhoeverReadsItAndKeepsWhatIsPrintable) {
  const auto read_again = [](const EndingNotice& notice) {
    ByteBuffer out;
    append_notice(out, notice);
    return std::get<EndingNotice>(parse_notice(as_bytes(value_of(out))).value());
  };
  const auto once = read_again({"lifetime", "over\x1b"});
  EXPECT_EQ(once.words, "over\\x1b");
  EXPECT_EQ(read_again(once).words, "over\\x5cx1b") << "by now these are somebody's characters";
  EXPECT_EQ(read_again({"lifetime", "over"}), (EndingNotice{"lifetime", "over"}));
}

TEST(Notice, WithBrokenUtf8IsStillJson) {
  ByteBuffer out;
  append_notice(out, EndingNotice{"x", "\xff\xfe\x1b"});
  EXPECT_TRUE(parse_notice(as_bytes(value_of(out))));
}

TEST(Why, IsWrittenAsDocumented) {
  ByteBuffer out;
  append_why_request(out, WhyRequest{7, "10.0.0.1:25/tcp"});
  EXPECT_EQ(value_of(out), R"({"v":1,"id":7,"to":"10.0.0.1:25/tcp"})");
  out.clear();
  append_why_answer(out, WhyAnswer{7, "deny", "not_allowed", "ask", "K7Q2-9XPD"});
  EXPECT_EQ(value_of(out),
            R"({"v":1,"id":7,"verdict":"deny","reason":"not_allowed","words":"ask","code":"K7Q2-9XPD"})");
}

TEST(Why, ComesBackAsItWasWritten) {
  ByteBuffer out;
  const WhyRequest request{kMaxWhyId, "[fd00::1]:443/tcp"};
  append_why_request(out, request);
  EXPECT_EQ(parse_why_request(as_bytes(value_of(out))).value(), request);
  out.clear();
  const WhyAnswer answer{0, "allow", "allowed", "you may", ""};
  append_why_answer(out, answer);
  EXPECT_EQ(parse_why_answer(as_bytes(value_of(out))).value(), answer);
}

TEST(Why, RefusesARequestWithoutAUsableIdOrDestination) {
  for (const std::string_view text :
       {R"({"to":"x"})", R"({"id":-1,"to":"x"})", R"({"id":1.5,"to":"x"})", R"({"id":"1","to":"x"})", R"({"id":1})",
        R"({"id":1,"to":""})", R"({"id":1,"to":[]})", R"({"id":9007199254740992,"to":"x"})",
        R"({"id":18446744073709551616,"to":"x"})"}) {
    EXPECT_EQ(parse_why_request(as_bytes(text)).error(), CapsuleError::BadMember) << text;
  }
}

TEST(Why, RefusesAnAnswerWithoutAVerdict) {
  EXPECT_EQ(parse_why_answer(as_bytes(R"({"id":1})")).error(), CapsuleError::BadMember);
  EXPECT_EQ(parse_why_answer(as_bytes(R"({"id":1,"verdict":"perhaps"})")).error(), CapsuleError::BadMember);
}

TEST(Problem, NamesStatusClassAndReferenceAndNothingElse) {
  const Problem problem{.status = 403, .title = {}, .detail = "ask", .reason = "device_disabled", .code = "K7Q2-9XPD"};
  EXPECT_EQ(to_json(problem), R"({"type":"about:blank","title":"Forbidden","status":403,"detail":"ask",)"
                              R"("reason":"device_disabled","code":"K7Q2-9XPD"})");
}

TEST(Problem, IgnoresMembersOfTheWrongKind) {
  const auto problem = parse_problem(as_bytes(R"({"title":7,"detail":"d","status":"x","reason":null})"));
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->title, "");
  EXPECT_EQ(problem->detail, "d");
  EXPECT_FALSE(parse_problem(as_bytes("<html>")));
}

}  // namespace
}  // namespace sallyport
