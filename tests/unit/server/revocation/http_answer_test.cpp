#include "server/revocation/http_answer.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

Validators taken(const std::vector<std::string_view>& lines) {
  Validators validators;
  for (const auto line : lines) take_header(line, validators);
  return validators;
}

TEST(HttpAnswer, RemembersWhatTheServerSaysOfItsDocument) {
  const auto validators =
      taken({"HTTP/1.1 200 OK\r\n", "etag: \"v1\"\r\n", "Last-Modified:  Fri, 27 Nov 2026 10:00:00 GMT \r\n"});
  EXPECT_EQ(validators.etag, "\"v1\"");
  EXPECT_EQ(validators.last_modified, "Fri, 27 Nov 2026 10:00:00 GMT");
}

TEST(HttpAnswer, ForgetsWhatAnInterimAnswerSaid) {
  EXPECT_EQ(taken({"HTTP/1.1 103 Early Hints\r\n", "ETag: \"old\"\r\n", "HTTP/1.1 200 OK\r\n"}), Validators{});
}

TEST(HttpAnswer, SendsNothingBackThatCouldBreakARequest) {
  EXPECT_TRUE(taken({"ETag: \"a\r\nX-Evil: 1\"\r\n"}).empty());
  EXPECT_TRUE(taken({std::string_view{"ETag: \"a\0b\"\r\n", 13}}).empty());
  EXPECT_TRUE(taken({"ETag: \"\xc3\xa4\"\r\n"}).empty());
  EXPECT_TRUE(taken({"ETag: " + std::string(300, 'x')}).empty());
  EXPECT_TRUE(taken({"", ":", "ETag", "Etag :x"}).empty());
}

TEST(HttpAnswer, TakesAWholeDocumentOnly) {
  EXPECT_EQ(judge_answer(200, 10, false).kind, AnswerKind::Content);
  EXPECT_EQ(judge_answer(200, 0, false).kind, AnswerKind::Refused);
  EXPECT_EQ(judge_answer(206, 10, false).kind, AnswerKind::Refused);
  EXPECT_EQ(judge_answer(404, 10, false).words, "the server answered HTTP 404");
  EXPECT_EQ(judge_answer(302, 0, false).words, "HTTP 302: the server sends elsewhere; write the final address");
}

TEST(HttpAnswer, BelievesThatNothingChangedOnlyWhereItAsked) {
  EXPECT_EQ(judge_answer(304, 0, true).kind, AnswerKind::Unchanged);
  EXPECT_EQ(judge_answer(304, 0, false).kind, AnswerKind::Refused);
}

}  // namespace
}  // namespace sallyport
