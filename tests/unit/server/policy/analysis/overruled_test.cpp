#include "server/policy/analysis/warnings.hpp"
#include "server/policy/resolved_policy.hpp"
#include "tests/unit/server/policy/naive.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace sallyport {
namespace {

/// The rules of which a code is said, by place: random rules are given one line each.
std::map<std::uint32_t, WarningCode> rules_warned_of(const Policy& policy, WallTime now) {
  PolicyWarnings warnings;
  append_rule_warnings(policy, now, warnings);
  std::map<std::uint32_t, WarningCode> found;
  for (const auto& warning : warnings) {
    if (warning.code == WarningCode::NeverMatches || warning.code == WarningCode::ShadowedAllow)
      found[warning.what.line] = warning.code;
  }
  return found;
}

bool is_denied(const PolicyDocument& document, const Evidence& evidence, const Destination& to, WallTime now) {
  for (const auto& rule : document.rules) {
    if (rule.kind == RuleKind::Deny && rule.rollout == Rollout::Enforce &&
        naive_matches(document, rule, evidence, to, now))
      return true;
  }
  return false;
}

TEST(PolicyWarnings, AreTrueOfEveryRandomQuestion) {
  const auto seed = random_seed();
  RecordProperty("seed", std::to_string(seed));
  RandomPolicy random{seed};
  const WallTime since = WallTime{std::chrono::seconds{1'000'014}};  // the first second of that universe
  std::size_t warned = 0;
  std::size_t questions = 0;
  for (int round = 0; round < 1500; ++round) {
    auto document = random.document();
    for (std::uint32_t i = 0; i < document.rules.size(); ++i) document.rules[i].place = {0, i + 1, 1};
    const auto compiled = Policy::compile(document);
    ASSERT_TRUE(compiled.has_value());
    const auto found = rules_warned_of(**compiled, since);
    warned += found.size();
    for (int question = 0; question < 300 && !found.empty(); ++question) {
      const auto evidence = random.session_evidence();
      const auto to = random.destination();
      const auto now = random.time();
      for (const auto& [line, code] : found) {
        const auto& rule = document.rules[line - 1];
        if (!naive_matches(document, rule, evidence, to, now)) continue;
        ++questions;
        ASSERT_EQ(code, WarningCode::ShadowedAllow) << rule.name << " matches; seed " << seed;
        ASSERT_TRUE(is_denied(document, evidence, to, now)) << rule.name << " lets somebody through; seed " << seed;
      }
    }
  }
  EXPECT_GT(warned, 100U);
  EXPECT_GT(questions, 100U);
}

TEST(PolicyWarnings, CallNoRuleRedundantThatDecidesAnyRandomQuestion) {
  const auto seed = random_seed();
  RandomPolicy random{seed};
  const WallTime since = WallTime{std::chrono::seconds{1'000'014}};
  std::size_t questions = 0;
  std::size_t together = 0;
  for (int round = 0; round < 1500; ++round) {
    auto document = random.document();
    for (std::uint32_t i = 0; i < document.rules.size(); ++i) document.rules[i].place = {0, i + 1, 1};
    const auto policy = Policy::compile(document).value();
    PolicyWarnings warnings;
    append_rule_warnings(*policy, since, warnings);
    std::erase_if(warnings, [](const PolicyWarning& each) { return each.code != WarningCode::Redundant; });
    // All of them may be removed at once.
    const auto is_named = [&](const PolicyRule& rule) {
      return std::any_of(warnings.begin(), warnings.end(),
                         [&](const PolicyWarning& each) { return each.what.line == rule.place.line; });
    };
    for (const auto& each : warnings) together += each.what.message.find("together") != std::string::npos;
    for (int question = 0; question < 200 && !warnings.empty(); ++question) {
      const auto evidence = random.session_evidence();
      const auto to = random.destination();
      const auto now = random.time();
      for (const auto& warning : warnings) {
        const auto& rule = document.rules[warning.what.line - 1];
        if (!naive_matches(document, rule, evidence, to, now)) continue;
        ++questions;
        ASSERT_TRUE(std::any_of(document.rules.begin(), document.rules.end(),
                                [&](const PolicyRule& other) {
                                  return !is_named(other) && other.kind == rule.kind &&
                                         other.rollout == Rollout::Enforce &&
                                         naive_matches(document, other, evidence, to, now);
                                }))
            << rule.name << " is needed; seed " << seed;
      }
    }
  }
  EXPECT_GT(questions, 100U);
  EXPECT_GT(together, 10U);
}

}  // namespace
}  // namespace sallyport
