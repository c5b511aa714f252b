#include "server/policy/policy.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/printer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::string_view kResources = R"(
version = 1
[groups]
engineering = ["ana@example.com", "bo@example.com"]
oncall = ["ana@example.com"]
[networks]
offices = ["198.51.100.0/24"]
[resources]
git  = { net = "10.20.4.10", ports = ["22/tcp", "443/tcp"] }
prod = { net = ["10.20.0.0/16", "fd00:20::/48"], ports = "any" }
)";

std::shared_ptr<const Policy> with(std::string_view rules) {
  return policy_of(std::string{kResources} + std::string{rules});
}

TEST(PolicyPrinciple1, AnEmptyOrMissingPolicyAllowsNothing) {
  for (const auto& policy : {Policy::deny_all(), policy_of(""), policy_of("version = 1"), with("")}) {
    EXPECT_TRUE(policy->is_empty());
    const auto decision = ask(*policy, as("ana@example.com"), "10.20.4.10:443/tcp");
    EXPECT_EQ(decision.verdict, Verdict::Deny);
    EXPECT_EQ(decision.reason, DecisionReason::NoPolicy);
    EXPECT_TRUE(policy->rights_for(as("ana@example.com"), kToday)->reachable(kToday).empty());
  }
}

TEST(PolicyPrinciple1, WhatNoRuleNamesIsDenied) {
  const auto policy = with("[allow.a]\nwho = \"everyone\"\nto = \"git\"\n");
  EXPECT_TRUE(ask(*policy, as("x@example.com"), "10.20.4.10:443/tcp").allows());
  for (const auto* other : {"10.20.4.10:25/tcp", "10.20.4.10:443/udp", "10.20.4.11:443/tcp", "10.20.4.10/icmp"}) {
    EXPECT_EQ(ask(*policy, as("x@example.com"), other).reason, DecisionReason::NoRule) << other;
  }
}

TEST(PolicyPrinciple2, AllowRulesAddUpAndDenyAlwaysWins) {
  const auto policy = with(R"(
[allow.git]
who = "engineering"
to = "git"
[allow.prod]
who = "oncall"
to = "prod"
[deny.git]
who = "ana@example.com"
to = "git"
)");
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), "10.20.0.1:1/udp").allows());
  EXPECT_TRUE(ask(*policy, as("bo@example.com"), "10.20.4.10:22/tcp").allows());
  const auto denied = ask(*policy, as("ana@example.com"), "10.20.4.10:22/tcp");
  EXPECT_EQ(denied.reason, DecisionReason::DeniedByRule);
  ASSERT_NE(policy->rule(denied.rule), nullptr);
  EXPECT_EQ(policy->rule(denied.rule)->name, "git");
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), "10.20.4.10:25/tcp").allows()) << "the deny names two ports only";
}

TEST(PolicyPrinciple2, OrderOfRulesAndFilesMeansNothing) {
  const std::string head{kResources};
  const std::string allow = "[allow.prod]\nwho = \"everyone\"\nto = \"prod\"\n";
  const std::string deny = "[deny.git]\nwho = \"everyone\"\nto = \"git\"\n";
  const auto one = load_policy_texts({{"a.toml", head + allow + deny}});
  const auto two = load_policy_texts({{"a.toml", head + deny + allow}});
  const auto three =
      load_policy_texts({{"a.toml", "version = 1\n" + deny}, {"b.toml", "version = 1\n" + allow}, {"c.toml", head}});
  ASSERT_TRUE(one && two && three);
  EXPECT_EQ(one->policy->hash(), two->policy->hash());
  EXPECT_EQ(one->policy->hash(), three->policy->hash());
  for (const auto& loaded : {*one, *two, *three}) {
    EXPECT_FALSE(ask(*loaded.policy, as("ana@example.com"), "10.20.4.10:22/tcp").allows());
    EXPECT_TRUE(ask(*loaded.policy, as("ana@example.com"), "10.20.4.11:22/tcp").allows());
  }
}

TEST(PolicyPrinciple3, AListIsAnyOfAndSeveralKeysMustAllHold) {
  const auto policy = with(R"(
[allow.a]
who = ["oncall", "cy@example.com"]
to = ["git", "prod"]
devices = ["laptop-1", "laptop-2"]
from = ["offices"]
)");
  const auto asks = [&](const char* user, const char* device, const char* source) {
    return ask(*policy, as(user, device, source), "fd00:20::1/icmp").allows();
  };
  EXPECT_TRUE(asks("ana@example.com", "laptop-1", "198.51.100.9"));
  EXPECT_TRUE(asks("cy@example.com", "laptop-2", "198.51.100.9"));
  EXPECT_FALSE(asks("bo@example.com", "laptop-1", "198.51.100.9"));
  EXPECT_FALSE(asks("ana@example.com", "laptop-3", "198.51.100.9"));
  EXPECT_FALSE(asks("ana@example.com", "laptop-1", "198.51.101.9"));
}

TEST(PolicyPrinciple4, PortsOfOneResourceNeverReachTheAddressesOfAnother) {
  const auto policy = policy_of(R"(
version = 1
[resources]
web = { net = "10.0.0.1", ports = "443/tcp" }
db  = { net = "10.0.0.2", ports = "5432/tcp" }
[allow.both]
who = "everyone"
to = ["web", "db"]
)");
  EXPECT_TRUE(ask(*policy, as("x@example.com"), "10.0.0.1:443").allows());
  EXPECT_TRUE(ask(*policy, as("x@example.com"), "10.0.0.2:5432").allows());
  EXPECT_FALSE(ask(*policy, as("x@example.com"), "10.0.0.1:5432").allows());
  EXPECT_FALSE(ask(*policy, as("x@example.com"), "10.0.0.2:443").allows());
}

TEST(PolicyPrinciple5, AnUnknownKeyOrNameIsAnErrorWithPlaceAndSuggestion) {
  EXPECT_EQ(
      errors_of("version = 1\n[groups]\nengineering = []\n[resources]\nweb = { net = \"10.0.0.1\", ports = \"any\" }\n"
                "[allow.x]\nwho = [\"engineering\", \"enginering\"]\nto = \"web\"\ndevice = \"a\"\n"),
      "p.toml:7:23: error: no group \"enginering\" (did you mean \"engineering\"?)\n"
      "p.toml:9:1: error: unknown key \"device\" in [allow.x] (did you mean \"devices\"?)\n");
}

TEST(PolicyPrinciple6, WhatIsUnknownOpensNothingAndClosesEverything) {
  const auto policy = with(R"(
[allow.base]
who = "everyone"
to = "git"
[allow.from]
who = "everyone"
to = "prod"
from = "offices"
[allow.not-from]
who = "everyone"
to = "prod"
not_from = "offices"
[allow.device]
who = "everyone"
to = "prod"
devices = "laptop-1"
[allow.person]
who = "ana@example.com"
to = "prod"
)");
  const Evidence nobody{};
  EXPECT_EQ(ask(*policy, nobody, "10.20.0.1:1").reason, DecisionReason::NoRule);
  EXPECT_TRUE(ask(*policy, nobody, "10.20.4.10:22").allows());
  for (const auto* condition : {"who = \"everyone\"\nfrom = \"offices\"", "who = \"everyone\"\nnot_from = \"offices\"",
                                "who = \"everyone\"\ndevices = \"laptop-1\"", "who = \"ana@example.com\""}) {
    const auto closed =
        with("[allow.base]\nwho = \"everyone\"\nto = \"git\"\n[deny.x]\nto = \"git\"\n" + std::string{condition});
    EXPECT_EQ(ask(*closed, nobody, "10.20.4.10:22").reason, DecisionReason::DeniedByRule) << condition;
  }
}

TEST(PolicyPrinciple7, EveryDecisionTellsWhenToAskAgain) {
  const auto policy = with(R"(
[allow.short]
who = "everyone"
to = "git"
until = 2026-12-01
[allow.long]
who = "ana@example.com"
to = "git"
until = 2026-12-24T18:00:00+01:00
[deny.freeze]
who = "bo@example.com"
to = "prod"
until = 2026-11-22
)");
  const auto ana = ask(*policy, as("ana@example.com"), "10.20.4.10:22");
  EXPECT_TRUE(ana.allows());
  EXPECT_EQ(ana.valid_until, at("2026-12-24T17:00:00Z")) << "the longest allow decides";
  const auto bo = ask(*policy, as("bo@example.com"), "10.20.4.10:22");
  EXPECT_EQ(bo.reason, DecisionReason::DeniedByRule);
  EXPECT_EQ(bo.valid_until, at("2026-11-22"));
  const auto after_freeze = ask(*policy, as("bo@example.com"), "10.20.4.10:22", at("2026-11-22"));
  EXPECT_TRUE(after_freeze.allows());
  EXPECT_EQ(after_freeze.valid_until, at("2026-12-01"));
  EXPECT_FALSE(ask(*policy, as("bo@example.com"), "10.20.4.10:22", at("2026-12-01")).allows());
  EXPECT_EQ(ask(*policy, as("bo@example.com"), "10.9.9.9:22").valid_until, kNever) << "time changes nothing here";
}

TEST(PolicyPrinciple7, NoDecisionOutlivesTheCertificate) {
  const auto policy = with("[allow.a]\nwho = \"everyone\"\nto = \"git\"\n");
  auto evidence = as("ana@example.com");
  evidence.certificate_expires = at("2026-11-30");
  EXPECT_EQ(ask(*policy, evidence, "10.20.4.10:22").valid_until, at("2026-11-30"));
  EXPECT_EQ(ask(*policy, evidence, "10.20.4.99:22").valid_until, at("2026-11-30"));
  EXPECT_EQ(policy->rights_for(evidence, kToday)->valid_until(kToday), at("2026-11-30"));
  const auto expired = ask(*policy, evidence, "10.20.4.10:22", at("2026-11-30"));
  EXPECT_FALSE(expired.allows());
  EXPECT_EQ(expired.reason, DecisionReason::CertificateExpired);
  EXPECT_TRUE(policy->rights_for(evidence, at("2026-11-30"))->reachable(at("2026-11-30")).empty());
}

TEST(PolicyPrinciple7, ADefaultDecisionDeniesAndHasExpired) {
  EXPECT_FALSE(Decision{}.allows());
  EXPECT_LE(Decision{}.valid_until, WallTime{});
}

TEST(PolicyPrinciple8, TheSameNameInTwoFilesIsAnErrorThatCitesBoth) {
  const std::string resource = "version = 1\n[resources]\n  git = { net = \"10.0.0.1\", ports = \"any\" }\n";
  const std::string rule = "[allow.x]\nwho = \"everyone\"\nto = \"git\"\n";
  const auto loaded = load_policy_texts({{"b.toml", resource + rule}, {"a.toml", resource + "\n" + rule}});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(to_string(loaded.error()),
            "a.toml:3:3: error: resource \"git\" is already defined at b.toml:3:3 "
            "(names are shared by all files; rename or remove one of the two)\n"
            "a.toml:5:8: error: rule \"x\" is already defined at b.toml:4:8 "
            "(names are shared by all files; rename or remove one of the two)\n");
}

TEST(PolicyPrinciple9, APolicyThatFailsItsOwnTestsIsNotReturned) {
  const std::string rule = "[allow.git]\nwho = \"engineering\"\nto = \"git\"\n";
  const auto good = errors_of(std::string{kResources} + rule +
                              "[[test]]\nas = \"bo@example.com\"\ncan = [\"git:443/tcp\", \"10.20.4.10:22\"]\n"
                              "cannot = [\"git:25/tcp\", \"prod:22/tcp\", \"[fd00:20::1]/icmp\"]\n");
  EXPECT_EQ(good, "");
  const auto bad = errors_of(std::string{kResources} + rule +
                             "[[test]]\nas = \"bo@example.com\"\ncan = [\"git:443/tcp\", \"prod/icmp\"]\n"
                             "cannot = \"git:22\"\n");
  EXPECT_EQ(bad,
            "p.toml:16:23: error: test failed: bo@example.com cannot reach \"prod/icmp\" at 10.20.0.0/icmp "
            "(no allow rule matches)\n"
            "p.toml:17:10: error: test failed: bo@example.com can reach \"git:22\" at 10.20.4.10:22/tcp "
            "([allow.git] at p.toml:11:8 allows it)\n");
}

}  // namespace
}  // namespace sallyport
