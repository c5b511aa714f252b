#include "common/wire/posture_standing.hpp"

#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

ByteBuffer value_of(const PostureStanding& standing) {
  ByteBuffer stream;
  append_posture_standing(stream, standing);
  CapsuleReader reader;
  reader.feed(stream);
  const auto capsule = reader.next();
  EXPECT_TRUE(capsule && *capsule);
  EXPECT_EQ((*capsule)->type, CapsuleType::Posture);
  return {(*capsule)->payload.begin(), (*capsule)->payload.end()};
}

PostureStanding some_standing() {
  return {
      {{"healthy",
        PostureState::Fails,
        true,
        {{"firewall", "true", "false", PostureState::Fails}, {"os", "debian >=12", "unknown", PostureState::Unknown}}},
       {"managed",
        PostureState::Holds,
        false,
        {{"file /etc/corp/managed", "present", "present", PostureState::Holds}}}},
      0};
}

TEST(PostureStanding, ComesThroughAsItWasWritten) {
  const auto read = parse_posture_standing(value_of(some_standing()));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, some_standing());
}

TEST(PostureStanding, TakesAStateItDoesNotKnowForNoPass) {
  const std::string text = R"({"v":1,"checks":[{"name":"x","state":"splendid","lines":[]},{"name":"y","lines":[]}]})";
  const auto read = parse_posture_standing(as_bytes(text));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->checks[0].state, PostureState::Unknown);
  EXPECT_EQ(read->checks[1].state, PostureState::Unknown);
  EXPECT_TRUE(read->checks[1].needed);
}

TEST(PostureStanding, RefusesWhatIsNotOfItsForm) {
  for (const auto* text :
       {"", "[]", "{}", R"({"checks":7})", R"({"checks":[7]})", R"({"checks":[{}]})", R"({"checks":[{"name":"x"}]})",
        R"({"checks":[{"name":7,"lines":[]}]})", R"({"checks":[{"name":"x","lines":[7]}]})",
        R"({"checks":[{"name":"x","lines":[{"key":"a"}]}]})", R"({"checks":[],"left_off":-1})",
        R"({"checks":[],"left_off":"7"})"}) {
    EXPECT_FALSE(parse_posture_standing(as_bytes(std::string_view{text}))) << text;
  }
}

TEST(PostureStanding, GivesOutNothingThatATerminalWouldObey) {
  auto standing = some_standing();
  standing.checks[0].name = "a\x1b[2J";
  standing.checks[0].lines[0].actual = std::string(100'000, 'x').substr(0, 5'000) + "\n";
  const auto read = parse_posture_standing(value_of(standing));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->checks[0].name, "a\\x1b[2J");
  EXPECT_LE(read->checks[0].lines[0].actual.size(), 323U);
}

TEST(PostureStanding, LeavesWholeChecksOffThatDoNotFitAndCountsThem) {
  PostureStanding standing;
  for (int i = 0; i < 100; ++i) {
    standing.checks.push_back({"check-" + std::to_string(i), PostureState::Holds, true, {}});
    for (int line = 0; line < 8; ++line)
      standing.checks.back().lines.push_back(
          {"file /" + std::string(200, 'f'), "present", "present", PostureState::Holds});
  }
  const auto value = value_of(standing);
  EXPECT_LE(value.size(), kMaxJsonSize);
  const auto read = parse_posture_standing(value);
  ASSERT_TRUE(read);
  EXPECT_GT(read->checks.size(), 20U);
  EXPECT_LE(read->checks.size(), kMaxStandingChecks);
  EXPECT_EQ(read->checks.size() + read->left_off, 100U);
}

}  // namespace
}  // namespace sallyport
