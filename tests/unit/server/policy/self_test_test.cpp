#include "server/policy/self_test.hpp"
#include "tests/unit/server/policy/policy_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport {
namespace {

constexpr std::string_view kPolicy = R"(version = 1
[groups]
staff = ["ana@example.com", "bo@example.com"]
[resources]
git  = { net = ["10.0.0.1", "10.0.0.8/29"], ports = "22/tcp" }
wiki = { net = "10.0.0.2", ports = "443/tcp" }
[allow.git]
who = "staff"
to  = "git"
[deny.bo]
who = "bo@example.com"
to  = "any"
[[test]]
as     = "bo@example.com"
can    = ["git:22/tcp"]
cannot = ["git:22/tcp"]
[[test]]
as     = "ana@example.com"
can    = ["git:22/tcp", "wiki:443/tcp", "wuki:443/tcp"]
cannot = ["git:25/tcp"]
)";

LoadedPolicy untested(std::string_view text) { return read_policy_texts({{"p.toml", std::string{text}}}).value(); }

/// "0 deny bo ok": test, expectation, deciding rules, outcome.
std::string line_of(const Policy& policy, const ExpectationResult& result) {
  std::string text = std::to_string(result.test) + ' ' + std::string{name_of(result.expected)};
  for (const auto rule : result.rules) text += ' ' + policy.rule(rule)->name;
  return text + (result.passed() ? " ok" : " failed");
}

TEST(SelfTest, GivesEveryExpectationInTheOrderOfTheDocumentWithTheRulesThatDecided) {
  const auto loaded = untested(kPolicy);
  std::vector<std::string> lines;
  for (const auto& result : run_expectations(*loaded.policy)) lines.push_back(line_of(*loaded.policy, result));
  EXPECT_EQ(lines, (std::vector<std::string>{"0 allow bo failed", "0 deny bo ok", "1 allow git ok", "1 allow failed",
                                             "1 allow failed", "1 deny ok"}));
}

TEST(SelfTest, AFailureHasThePlaceOfItsTarget) {
  const auto results = run_expectations(*untested(kPolicy).policy);
  ASSERT_EQ(results.size(), 6U);
  EXPECT_EQ(results[0].failure->line, 15U);
  EXPECT_EQ(results[0].failure->column, 11U);
  EXPECT_NE(results[0].failure->message.find("cannot reach \"git:22/tcp\" at 10.0.0.1:22/tcp"), std::string::npos);
  EXPECT_EQ(results[4].failure->message, "no resource \"wuki\"");
}

TEST(SelfTest, IsWhatKeepsAPolicyFromBeingLoaded) {
  const auto loaded = load_policy_texts({{"p.toml", std::string{kPolicy}}});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().size(), 3U);
  EXPECT_EQ(loaded.error(), run_policy_tests(*untested(kPolicy).policy));
}

}  // namespace
}  // namespace sallyport
