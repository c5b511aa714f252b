#include "server/policy/policy.hpp"
#include "tests/unit/server/policy/policy_text.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kNames = R"(
version = 1
[groups]
engineering = ["ana@example.com", "bo@example.com"]
[hours]
working = { days = "mon-fri", time = "08:00-19:00", zone = "Europe/Madrid" }
night   = { time = "22:00-06:00", zone = "Europe/Madrid" }
[posture.healthy]
disk_encrypted  = true
firewall        = true
os              = { debian = ">=12", windows = ">=10.0.22631" }
reported_within = "10m"
[posture.infected]
firewall = false
[resources]
git  = { net = "10.20.4.10", ports = ["22/tcp", "443/tcp"], tags = ["code"] }
prod = { net = ["10.20.0.0/16", "fd00:20::/48"], ports = "any", tags = ["code", "money"] }
)";

std::shared_ptr<const Policy> with(std::string_view rules) {
  return policy_of(std::string{kNames} + std::string{rules});
}

constexpr const char* kGit = "10.20.4.10:443/tcp";

std::string allow(std::string_view condition) {
  return "[allow.x]\nwho = \"engineering\"\nto = \"git\"\n" + std::string{condition} + "\n";
}
std::string allow_but_deny(std::string_view condition) {
  return "[allow.x]\nwho = \"engineering\"\nto = \"git\"\n[deny.y]\nwho = \"engineering\"\nto = \"git\"\n" +
         std::string{condition} + "\n";
}

PostureReport healthy_report() {
  return PostureReport{"debian", "12.5", "6.1.0", {{"disk_encrypted", true}, {"firewall", true}}};
}

Evidence ana_with_report(PostureReport report, WallTime reported) {
  auto evidence = as("ana@example.com");
  evidence.posture.report = std::move(report);
  evidence.posture.reported = reported;
  return evidence;
}

// 2026-11-20 is a Friday; Madrid is one hour ahead of UTC in winter.

TEST(PolicyHoursCondition, AnAllowDuringHoursHoldsExactlyWhileTheyLast) {
  const auto policy = with(allow("during = \"working\""));
  const auto open = ask(*policy, as("ana@example.com"), kGit, at("2026-11-20T07:00:00Z"));
  EXPECT_TRUE(open.allows());
  EXPECT_EQ(open.valid_until, at("2026-11-20T18:00:00Z"));
  const auto closed = ask(*policy, as("ana@example.com"), kGit, at("2026-11-20T18:00:00Z"));
  EXPECT_EQ(closed.reason, DecisionReason::NoRule);
  EXPECT_EQ(closed.valid_until, at("2026-11-23T07:00:00Z")) << "Monday morning";
}

TEST(PolicyHoursCondition, ADenyOutsideOfHoursBeginsAtTheirEnd) {
  const auto policy = with(allow_but_deny("outside = \"working\""));
  const auto open = ask(*policy, as("ana@example.com"), kGit, at("2026-11-20T17:59:59Z"));
  EXPECT_TRUE(open.allows());
  EXPECT_EQ(open.valid_until, at("2026-11-20T18:00:00Z")) << "an allow ends where a deny begins";
  const auto closed = ask(*policy, as("ana@example.com"), kGit, at("2026-11-20T18:00:00Z"));
  EXPECT_EQ(closed.reason, DecisionReason::DeniedByRule);
  EXPECT_EQ(closed.valid_until, at("2026-11-23T07:00:00Z"));
}

TEST(PolicyHoursCondition, ARangeAcrossMidnightBelongsToBothDays) {
  const auto policy = with(allow("during = \"night\""));
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), kGit, at("2026-11-20T21:00:00Z")).allows());
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), kGit, at("2026-11-21T04:59:59Z")).allows());
  EXPECT_FALSE(ask(*policy, as("ana@example.com"), kGit, at("2026-11-21T05:00:00Z")).allows());
}

TEST(PolicyHoursCondition, WhenTheClocksChangeTheHoursStayThoseOfTheWall) {
  const auto policy = with(allow("during = \"working\""));
  // In summer Madrid is two hours ahead: 08:00 is 06:00 UTC. The clocks change on Sunday 2026-10-25.
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), kGit, at("2026-10-23T06:00:00Z")).allows());
  EXPECT_FALSE(ask(*policy, as("ana@example.com"), kGit, at("2026-10-26T06:30:00Z")).allows());
  const auto over = ask(*policy, as("ana@example.com"), kGit, at("2026-10-23T17:00:00Z"));
  EXPECT_EQ(over.valid_until, at("2026-10-26T07:00:00Z"));
}

TEST(PolicyHoursCondition, WhereTheTimeIsLeftOpenHoursAreUnknown) {
  auto evidence = as("ana@example.com");
  evidence.hours_known = false;
  EXPECT_FALSE(ask(*with(allow("during = \"working\"")), evidence, kGit).allows());
  EXPECT_FALSE(ask(*with(allow("outside = \"working\"")), evidence, kGit).allows());
  EXPECT_FALSE(ask(*with(allow_but_deny("during = \"working\"")), evidence, kGit).allows());
  EXPECT_FALSE(ask(*with(allow_but_deny("outside = \"working\"")), evidence, kGit).allows());
}

TEST(PolicyPostureCondition, HoldsWhileTheReportIsYoungEnough) {
  const auto policy = with(allow("posture = \"healthy\""));
  const auto reported = at("2026-11-20T10:00:00Z");
  const auto evidence = ana_with_report(healthy_report(), reported);
  const auto fresh = ask(*policy, evidence, kGit, reported + minutes{9});
  EXPECT_TRUE(fresh.allows());
  EXPECT_EQ(fresh.valid_until, reported + minutes{10});
  EXPECT_FALSE(ask(*policy, evidence, kGit, reported + minutes{10}).allows());
  EXPECT_FALSE(ask(*policy, evidence, kGit, reported - seconds{1}).allows()) << "a report from the future";
}

TEST(PolicyPostureCondition, EveryLineMustHoldAndWhatIsNotReportedDoesNot) {
  const auto policy = with(allow("posture = \"healthy\""));
  auto no_firewall = healthy_report();
  no_firewall.facts["firewall"] = false;
  auto silent = healthy_report();
  silent.facts.erase("disk_encrypted");
  auto old = healthy_report();
  old.os_version = "11.9";
  auto other = healthy_report();
  other.os = "plan9";
  for (const auto& report : {no_firewall, silent, old, other}) {
    EXPECT_FALSE(ask(*policy, ana_with_report(report, kToday), kGit).allows());
  }
  EXPECT_TRUE(ask(*policy, ana_with_report(healthy_report(), kToday), kGit).allows());
  EXPECT_FALSE(ask(*policy, as("ana@example.com"), kGit).allows()) << "nothing was reported";
}

TEST(PolicyPostureCondition, ADenyHoldsOnceTheReportIsTooOldToTell) {
  const auto policy = with(allow_but_deny("posture = \"infected\""));
  EXPECT_TRUE(ask(*policy, ana_with_report(healthy_report(), kToday), kGit).allows());
  EXPECT_FALSE(ask(*policy, as("ana@example.com"), kGit).allows());
  const auto strict = policy_of(std::string{kNames} + allow_but_deny("posture = \"healthy\""));
  auto sick = healthy_report();
  sick.facts["firewall"] = false;
  const auto decision = ask(*strict, ana_with_report(sick, kToday), kGit);
  EXPECT_TRUE(decision.allows()) << "it is known not to be healthy";
  EXPECT_EQ(decision.valid_until, kToday + minutes{10}) << "then nothing is known, and the deny holds";
  EXPECT_FALSE(ask(*strict, ana_with_report(sick, kToday), kGit, kToday + minutes{10}).allows());
}

TEST(PolicyPostureCondition, AListIsAnyOf) {
  const auto policy = with(allow("posture = [\"infected\", \"healthy\"]"));
  EXPECT_TRUE(ask(*policy, ana_with_report(healthy_report(), kToday), kGit).allows());
}

TEST(PolicyAgeCondition, EachKindOfEvidenceHasItsOwnLimit) {
  const struct {
    const char* condition;
    std::optional<WallTime> Evidence::*learned;
  } kinds[] = {{"key_age = \"5m\"", &Evidence::key_proved},
               {"proof_age = \"5m\"", &Evidence::user_proved},
               {"revocation_age = \"5m\"", &Evidence::revocation_as_of}};
  for (const auto& kind : kinds) {
    const auto policy = with(allow(kind.condition));
    auto evidence = as("ana@example.com");
    EXPECT_FALSE(ask(*policy, evidence, kGit).allows()) << kind.condition << ": unknown";
    evidence.*kind.learned = kToday - minutes{4};
    const auto fresh = ask(*policy, evidence, kGit);
    EXPECT_TRUE(fresh.allows()) << kind.condition;
    EXPECT_EQ(fresh.valid_until, kToday + minutes{1}) << kind.condition;
    EXPECT_FALSE(ask(*policy, evidence, kGit, kToday + minutes{1}).allows()) << kind.condition << ": too old";
    evidence.*kind.learned = kToday + seconds{1};
    const auto early = ask(*policy, evidence, kGit);
    EXPECT_FALSE(early.allows()) << kind.condition << ": dated in the future";
    EXPECT_EQ(early.valid_until, kToday + seconds{1}) << kind.condition;
  }
}

TEST(PolicyAgeCondition, InADenyStaleEvidenceClosesAndSoDoesFreshEvidence) {
  const auto policy = with(allow_but_deny("proof_age = \"5m\""));
  auto evidence = as("ana@example.com");
  for (const auto proved : {std::optional<WallTime>{}, std::optional{kToday}, std::optional{kToday - hours{1}}}) {
    evidence.user_proved = proved;
    EXPECT_FALSE(ask(*policy, evidence, kGit).allows());
  }
}

TEST(PolicyConditions, OfSeveralTheFirstToEndEndsTheDecision) {
  const auto policy = with(allow("during = \"working\"\nkey_age = \"2h\"\nproof_age = \"8h\"\nuntil = 2026-12-01"));
  auto evidence = as("ana@example.com");
  evidence.key_proved = at("2026-11-20T15:30:00Z");
  evidence.user_proved = at("2026-11-20T15:00:00Z");
  const auto decision = ask(*policy, evidence, kGit, at("2026-11-20T16:00:00Z"));
  EXPECT_TRUE(decision.allows());
  EXPECT_EQ(decision.valid_until, at("2026-11-20T17:30:00Z"));
  EXPECT_EQ(ask(*policy, evidence, kGit, at("2026-11-20T17:30:00Z")).valid_until, kNever)
      << "by itself the key is never proved again, so waiting does not help";
}

TEST(PolicyConditions, AnotherAllowThatHoldsLongerCarriesTheDecision) {
  const auto policy =
      with(allow("during = \"working\"") + "[allow.z]\nwho = \"ana@example.com\"\nto = \"git\"\nproof_age = \"24h\"\n");
  auto evidence = as("ana@example.com");
  evidence.user_proved = at("2026-11-20T12:00:00Z");
  const auto decision = ask(*policy, evidence, kGit, at("2026-11-20T16:00:00Z"));
  EXPECT_TRUE(decision.allows());
  EXPECT_EQ(policy->rule(decision.rule)->name, "z");
  EXPECT_EQ(decision.valid_until, at("2026-11-21T12:00:00Z"));
}

TEST(PolicyShadow, ARuleInShadowIsJudgedButNotEnforced) {
  const auto policy = with(allow("") + "[deny.later]\nwho = \"engineering\"\nto = \"git\"\nrollout = \"shadow\"\n" +
                           "[allow.soon]\nwho = \"engineering\"\nto = \"prod\"\nrollout = \"shadow\"\n");
  const auto open = ask(*policy, as("ana@example.com"), kGit);
  EXPECT_TRUE(open.allows());
  ASSERT_NE(policy->rule(open.shadow), nullptr);
  EXPECT_EQ(policy->rule(open.shadow)->name, "later");
  const auto closed = ask(*policy, as("ana@example.com"), "10.20.9.9:1/tcp");
  EXPECT_FALSE(closed.allows());
  ASSERT_NE(policy->rule(closed.shadow), nullptr);
  EXPECT_EQ(policy->rule(closed.shadow)->name, "soon");
  EXPECT_EQ(ask(*policy, as("cy@example.com"), kGit).shadow, kNoRule);
}

TEST(PolicyShadow, OpensNoRoute) {
  const auto policy = with("[allow.soon]\nwho = \"engineering\"\nto = \"prod\"\nrollout = \"shadow\"\n");
  EXPECT_TRUE(policy->rights_for(as("ana@example.com"), kToday)->reachable(kToday).empty());
}

TEST(PolicyTags, ARuleReachesEveryResourceWithItsTag) {
  const auto policy = with(
      "[allow.code]\nwho = \"engineering\"\nto = \"tag:code\"\n[deny.money]\nwho = \"bo@example.com\"\n"
      "to = \"tag:money\"\n");
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), kGit).allows());
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), "10.20.9.9:1/udp").allows());
  EXPECT_FALSE(ask(*policy, as("bo@example.com"), "10.20.9.9:1/udp").allows());
}

TEST(PolicySelfTest, FixesPostureProofAndTime) {
  const std::string rules = allow("posture = \"healthy\"\nproof_age = \"8h\"\nduring = \"working\"\nkey_age = \"5m\"");
  const std::string as_bo = "[[test]]\nas = \"bo@example.com\"\nat = 2026-11-20T10:00:00Z\n";
  EXPECT_EQ(
      errors_of(std::string{kNames} + rules + as_bo + "posture = \"healthy\"\nproof = \"7h\"\ncan = \"git:443/tcp\"\n" +
                as_bo + "posture = \"healthy\"\nproof = \"8h\"\ncannot = \"git:443/tcp\"\n" + as_bo +
                "posture = \"healthy\"\ncannot = \"git:443/tcp\"\n" + as_bo +
                "proof = \"1h\"\ncannot = \"git:443/tcp\"\n" + as_bo +
                "posture = \"infected\"\nproof = \"1h\"\ncannot = \"git:443/tcp\"\n"),
      "");
}

TEST(PolicySelfTest, WithoutATimeSaysThatTheHoursMatter) {
  const auto errors = errors_of(std::string{kNames} + allow("during = \"working\"") +
                                "[[test]]\nas = \"bo@example.com\"\ncan = \"git:443/tcp\"\n");
  EXPECT_NE(errors.find("give the test a time: at = "), std::string::npos) << errors;
}

TEST(RightsCache, SessionsOfEqualRightsShareOneTable) {
  const auto policy = with(allow("proof_age = \"8h\""));
  auto one = as("ana@example.com", "laptop-1");
  auto two = as("bo@example.com", "laptop-2");
  two.user_proved = kToday;
  const auto rights_one = policy->rights_for(one, kToday);
  const auto rights_two = policy->rights_for(two, kToday);
  EXPECT_EQ(rights_one->table(), rights_two->table());
  EXPECT_FALSE(rights_one->judge(to(kGit), kToday).allows());
  EXPECT_TRUE(rights_two->judge(to(kGit), kToday).allows());
  const auto nobody = policy->rights_for(as("cy@example.com"), kToday);
  EXPECT_NE(nobody->table(), rights_one->table());
  EXPECT_EQ(policy->tables_in_use(), 2U);
}

TEST(RightsCache, ForgetsTablesNobodyHolds) {
  const auto policy = with(allow(""));
  EXPECT_TRUE(policy->rights_for(as("ana@example.com"), kToday) != nullptr);
  EXPECT_EQ(policy->tables_in_use(), 0U);
}

TEST(Rights, SayNoAtAMomentTheyWereNotMadeFor) {
  const auto policy = with(allow("during = \"working\""));
  const auto rights = policy->rights_for(as("ana@example.com"), at("2026-11-20T10:00:00Z"));
  EXPECT_TRUE(rights->covers(at("2026-11-20T17:59:59Z")));
  EXPECT_FALSE(rights->covers(at("2026-11-20T18:00:00Z")));
  EXPECT_FALSE(rights->covers(at("2026-11-20T09:59:59Z")));
  const auto late = rights->judge(to(kGit), at("2026-11-20T18:00:00Z"));
  EXPECT_EQ(late.reason, DecisionReason::RightsOutdated);
  EXPECT_FALSE(late.allows());
  EXPECT_LE(late.valid_until, at("2026-11-20T18:00:00Z"));
  EXPECT_TRUE(rights->reachable(at("2026-11-20T18:00:00Z")).empty());
}

}  // namespace
}  // namespace sallyport
