#include "common/wire/authorities.hpp"

#include "common/wire/capsule.hpp"
#include "tests/unit/common/wire/wire_bytes.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const std::string kName(64, 'a');

std::string value_of(const ByteBuffer& stream) {
  CapsuleReader reader;
  reader.feed(stream);
  const auto capsule = reader.next();
  if (!capsule || !*capsule || (*capsule)->type != CapsuleType::Authorities) return "no capsule of this type";
  return std::string{as_text((*capsule)->payload)};
}

std::string written(const AuthorityAnnouncement& announcement) {
  ByteBuffer out;
  append_authority_announcement(out, announcement);
  return value_of(out);
}

auto announcement_in(std::string_view text) { return parse_authority_announcement(as_bytes(text)); }
auto report_in(std::string_view text) { return parse_authority_report(as_bytes(text)); }

TEST(AuthorityAnnouncement, LooksAsDocumented) {
  const AuthorityAnnouncement announcement{
      {{bytes_of({1, 2, 3}), bytes_of({4})}}, {kName}, std::chrono::hours{1}, bytes_of({5})};
  EXPECT_EQ(written(announcement), R"({"v":1,"next":[{"certificate":"AQID","vouched":"BA=="}],"retired":[")" + kName +
                                       R"("],"retirement":"BQ==","renew_within":3600})");
  EXPECT_EQ(announcement_in(written(announcement)), announcement);
}

TEST(AuthorityAnnouncement, MayLackEveryMember) {
  const auto read = announcement_in(R"({"v":1,"other":true})");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, AuthorityAnnouncement{});
  EXPECT_FALSE(read->asks_for_answer());
  EXPECT_EQ(written({}), R"({"v":1})");
}

TEST(AuthorityAnnouncement, IsRefusedWhenAMemberIsOfAnotherKind) {
  for (const char* text : {
           R"({"next":{}})",
           R"({"next":[1]})",
           R"({"next":[{"certificate":"AQID"}]})",
           R"({"next":[{"certificate":"AQID","vouched":""}]})",
           R"({"next":[{"certificate":"!","vouched":"BA=="}]})",
           R"({"retired":"aa"})",
           R"({"retired":["aa"]})",
           R"({"retired":[7]})",
           R"({"retirement":""})",
           R"({"retirement":"!"})",
           R"({"retirement":[]})",
           R"({"renew_within":0})",
           R"({"renew_within":-1})",
           R"({"renew_within":2592001})",
           R"({"renew_within":"1h"})",
       }) {
    const auto read = announcement_in(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error(), CapsuleError::BadMember) << text;
  }
  EXPECT_EQ(announcement_in("[]").error(), CapsuleError::BadJson);
  EXPECT_EQ(announcement_in("{").error(), CapsuleError::BadJson);
  EXPECT_EQ(announcement_in(R"({"retired":[")" + std::string(64, 'A') + R"("]})").error(), CapsuleError::BadMember);
}

TEST(AuthorityAnnouncement, IsBounded) {
  std::string five = "[";
  for (int i = 0; i < 5; ++i) five += R"({"certificate":"AQID","vouched":"BA=="},)";
  five.back() = ']';
  EXPECT_FALSE(announcement_in(R"({"next":)" + five + "}"));
  const AuthorityAnnouncement many{
      std::vector<NextAuthority>(9, {bytes_of({1}), bytes_of({2})}), std::vector<std::string>(30, kName), {}};
  const auto read = announcement_in(written(many));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->next.size(), kMaxNextAuthorities);
  EXPECT_EQ(read->retired.size(), kMaxRetiredAuthorities);
  const AuthorityAnnouncement longest{{}, {kName}, {}, ByteBuffer(kMaxRetirementSize)};
  EXPECT_EQ(announcement_in(written(longest)), longest);
  EXPECT_FALSE(announcement_in(written({{}, {kName}, {}, ByteBuffer(kMaxRetirementSize + 1)})));
}

TEST(AuthorityReport, LooksAsDocumented) {
  ByteBuffer out;
  append_authority_report(out, {{kName}, {}});
  EXPECT_EQ(value_of(out), R"({"v":1,"has":[")" + kName + R"("]})");
  out.clear();
  append_authority_report(out, {{}, "not_vouched"});
  EXPECT_EQ(value_of(out), R"({"v":1,"has":[],"problem":"not_vouched"})");
  const auto read = report_in(value_of(out));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (AuthorityReport{{}, "not_vouched"}));
}

TEST(AuthorityReport, HoldsNothingThatAnAdministratorsScreenCouldTakeAmiss) {
  for (const char* text : {R"({"has":["../../x"]})", R"({"has":7})", R"({"has":[],"problem":7})",
                           R"({"has":[],"problem":"<script>"})", R"({"has":[],"problem":"\u001b[2J"})"}) {
    EXPECT_FALSE(report_in(text)) << text;
  }
  EXPECT_FALSE(report_in(R"({"problem":")" + std::string(33, 'a') + R"("})"));
  std::string seventeen = "[";
  for (int i = 0; i < 17; ++i) seventeen += '"' + kName + "\",";
  seventeen.back() = ']';
  EXPECT_FALSE(report_in(R"({"has":)" + seventeen + "}"));
}

}  // namespace
}  // namespace sallyport
