#include "server/policy/explain.hpp"
#include "server/policy/targets.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

constexpr std::string_view kPolicy = R"(version = 1
[groups]
engineering = ["ana@example.com", "bo@example.com"]
[networks]
offices = ["198.51.100.0/24"]
[resources]
git  = { net = "10.20.4.10", ports = ["22/tcp", "443/tcp"] }
prod = { net = "10.20.0.0/16", ports = "any" }
[allow.git]
who = "engineering"
to = "git"
until = 2027-01-31
why = "ticket 4411"
[allow.prod]
who = "bo@example.com"
to = "prod"
[deny.outside]
who = "engineering"
to = "prod"
not_from = "offices"
devices = ["laptop-1"]
)";

Explanation explained(const Evidence& evidence, std::string_view destination) {
  return explain(*policy_of(kPolicy), evidence, to(destination), kToday);
}

TEST(Explain, NamesTheDecidingRuleWithItsPlace) {
  const auto answer = explained(as("ana@example.com", "laptop-2"), "10.20.4.10:443");
  ASSERT_NE(answer.deciding(), nullptr);
  EXPECT_EQ(answer.deciding()->name, "git");
  EXPECT_EQ(answer.deciding()->file, "p.toml");
  EXPECT_EQ(answer.deciding()->line, 9U);
  EXPECT_EQ(answer.deciding()->why, "ticket 4411");
  EXPECT_EQ(answer.decision.valid_until, at("2027-01-31"));
}

TEST(Explain, ShowsWhatEachConditionAsksAndWhatTheSessionHas) {
  const auto answer = explained(as("ana@example.com", "laptop-1"), "10.20.4.10:443");
  ASSERT_NE(answer.deciding(), nullptr);
  ASSERT_EQ(answer.deciding()->name, "outside");
  const auto& conditions = answer.deciding()->conditions;
  ASSERT_EQ(conditions.size(), 4U);
  EXPECT_EQ(conditions[0].actual, "ana@example.com, in engineering");
  EXPECT_EQ(conditions[1].actual, "prod covers 10.20.4.10 with any; asked is 10.20.4.10:443/tcp");
  EXPECT_EQ(conditions[2].key, "devices");
  EXPECT_EQ(conditions[2].required, "laptop-1");
  EXPECT_EQ(conditions[3].required, "outside of offices (198.51.100.0/24)");
  EXPECT_EQ(conditions[3].actual, "192.0.2.7");
}

TEST(Explain, ShowsWhyTheNearestRuleDoesNotMatch) {
  const auto answer = explained(as("ana@example.com", "laptop-2"), "10.20.4.10:25");
  EXPECT_EQ(answer.deciding(), nullptr);
  EXPECT_EQ(answer.decision.reason, DecisionReason::NoRule);
  ASSERT_EQ(answer.candidates.size(), 3U);
  EXPECT_EQ(answer.candidates[0].name, "git");
  EXPECT_FALSE(answer.candidates[0].matches);
  EXPECT_TRUE(answer.candidates[0].conditions[0].met);
  EXPECT_FALSE(answer.candidates[0].conditions[1].met);
  EXPECT_EQ(answer.candidates[0].conditions[1].actual,
            "git covers 10.20.4.10 with 22/tcp, 443/tcp; asked is 10.20.4.10:25/tcp");
}

TEST(Explain, SaysHowTheUnknownCounts) {
  const auto answer = explained(as("bo@example.com", "", ""), "10.20.0.1:1");
  ASSERT_NE(answer.deciding(), nullptr);
  EXPECT_EQ(answer.deciding()->name, "outside");
  EXPECT_EQ(answer.deciding()->conditions[2].actual, "unknown (what is unknown counts as met in a deny rule)");
}

TEST(Explain, WritesTheJsonThatToolsRead) {
  const auto json = to_json(explained(as("ana@example.com", "laptop-2"), "10.20.4.10:443"));
  EXPECT_EQ(json["v"], 1);
  EXPECT_EQ(json["verdict"], "allow");
  EXPECT_EQ(json["rule"], "git");
  EXPECT_EQ(json["reason"], "allowed");
  EXPECT_EQ(json["valid_until"], "2027-01-31T00:00:00Z");
  EXPECT_EQ(json["file"], "p.toml");
  EXPECT_EQ(json["line"], 9);
  EXPECT_EQ(json["conditions"].size(), 3U);
  const auto none = to_json(explained(as("cy@example.com", "laptop-2"), "10.99.0.1:1"));
  EXPECT_EQ(none["verdict"], "deny");
  EXPECT_TRUE(none["rule"].is_null());
  EXPECT_TRUE(none["valid_until"].is_null());
  EXPECT_EQ(none["reason"], "no_rule");
}

TEST(Explain, WritesTextForATerminalWithoutControlCharacters) {
  const auto policy = policy_of("version = 1\n[deny.x]\nwho = \"everyone\"\nto = \"any\"\nwhy = \"a\\u001b[31mb\"\n");
  const auto text = to_text(explain(*policy, as("ana@example.com"), to("10.0.0.1:1"), kToday));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.substr(0, text.find('\n')), "deny: ana@example.com on laptop-1 to 10.0.0.1:1/tcp");
  EXPECT_NE(text.find("[deny.x] at p.toml:2"), std::string::npos);
}

TEST(Explain, ARuleMatchesExactlyWhenAllItsConditionsAreMetAndTheDecidingOneDoes) {
  RandomPolicy random{random_seed()};
  for (unsigned round = 0; round < 3'000; ++round) {
    const auto policy = *Policy::compile(random.document());
    const auto answer = explain(*policy, random.evidence(), random.destination(), random.time());
    const bool expired = answer.decision.reason == DecisionReason::CertificateExpired;
    bool any_deny = false;
    bool any_allow = false;
    for (const auto& rule : answer.candidates) {
      if (rule.matches && !rule.in_shadow) (rule.kind == RuleKind::Deny ? any_deny : any_allow) = true;
    }
    ASSERT_EQ(answer.decision.allows(), !expired && any_allow && !any_deny);
    ASSERT_EQ(answer.deciding() != nullptr, !expired && (any_allow || any_deny));
    ASSERT_TRUE(answer.deciding() == nullptr || answer.deciding()->matches);
  }
}

TEST(Explain, ShowsABoundedNumberOfRulesAndCountsTheRest) {
  PolicyDocument document;
  document.resources.push_back({"r", {}, {*IpPrefix::parse("10.0.0.0/8")}, {kAnyService}, {}});
  for (unsigned i = 0; i < 200; ++i) {
    PolicyRule rule;
    rule.name = "d" + std::to_string(i);
    rule.who = {{"everyone", {}}};
    rule.to = {{"r", {}}};
    document.rules.push_back(rule);
  }
  const auto answer = explain(**Policy::compile(document), as("ana@example.com"), to("10.0.0.1:1"), kToday);
  EXPECT_EQ(answer.candidates.size(), kMaxCandidates);
  EXPECT_EQ(answer.left_off, 200 - kMaxCandidates);
}

TEST(EmployeeReason, DoesNotTellADenyRuleFromNoRule) {
  Decision denied;
  denied.reason = DecisionReason::DeniedByRule;
  denied.rule = RuleIndex{3};
  Decision unmatched;
  unmatched.reason = DecisionReason::NoRule;
  EXPECT_EQ(employee_reason(denied).words, employee_reason(unmatched).words);
  EXPECT_EQ(employee_reason(denied).reason_class, employee_reason(unmatched).reason_class);
}

TEST(EmployeeReason, HasWordsForEveryReason) {
  for (const auto reason : {DecisionReason::NoPolicy, DecisionReason::NoRule, DecisionReason::DeniedByRule,
                            DecisionReason::Allowed, DecisionReason::CertificateExpired}) {
    Decision decision;
    decision.reason = reason;
    EXPECT_FALSE(employee_reason(decision).words.empty());
    EXPECT_NE(name_of(reason), "invalid");
    EXPECT_NE(describe(reason), "invalid reason");
  }
}

TEST(Targets, AResourceStandsForTheEndsOfItsPrefixes) {
  const auto policy = policy_of(
      "version = 1\n[resources]\nr = { net = [\"10.0.0.0/24\", \"10.9.9.9\", \"fd00::/64\"], ports = \"any\" }\n");
  const auto targets = expand_target(*policy, "r/icmp");
  ASSERT_TRUE(targets.has_value());
  std::string text;
  for (const auto& destination : *targets) text += to_string(destination) + " ";
  EXPECT_EQ(text, "10.0.0.0/icmp 10.0.0.255/icmp 10.9.9.9/icmp [fd00::]/icmp [fd00::ffff:ffff:ffff:ffff]/icmp ");
  EXPECT_EQ(expand_target(*policy, "10.0.0.1:1/udp").value(), std::vector{to("10.0.0.1:1/udp")});
  EXPECT_EQ(expand_target(*policy, "q:1").error().message, "no resource \"q\"");
}

}  // namespace
}  // namespace sallyport
