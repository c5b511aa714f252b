#include "server/policy/analysis/policy_diff.hpp"

#include "tests/unit/server/policy/naive.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sallyport {
namespace {

/// The first second of the random universe.
const WallTime kFirst{std::chrono::seconds{1'000'014}};

PolicyDiff diff_of(std::shared_ptr<const Policy> before, std::shared_ptr<const Policy> after, WallTime since) {
  auto diff = PolicyDiff::between(std::move(before), std::move(after), since);
  EXPECT_TRUE(diff.has_value()) << (diff ? "" : diff.error());
  return std::move(*diff);
}

std::string diff_text(const std::string& before, const std::string& after) {
  return to_text(diff_of(policy_of(before), policy_of(after), kToday));
}

/// A policy a little different from `document`.
PolicyDocument edited(PolicyDocument document, RandomPolicy& random) {
  const auto add_rule = [&](RuleKind kind, const char* name) {
    document.rules.push_back(random.rule(document, kind, name));
  };
  if (random.chance(30) && !document.rules.empty()) document.rules.pop_back();
  if (random.chance(40)) add_rule(RuleKind::Allow, "more");
  if (random.chance(40)) add_rule(RuleKind::Deny, "less");
  const auto other = random.document();
  if (random.chance(30))
    document.resources.front() = PolicyResource{document.resources.front().name,
                                                {},
                                                other.resources.front().prefixes,
                                                other.resources.front().services,
                                                document.resources.front().tags};
  if (random.chance(20) && !document.groups.empty() && !other.groups.empty()) document.groups.back().members.clear();
  if (random.chance(20) && !document.hours.empty() && !other.hours.empty())
    document.hours.front().hours = other.hours.front().hours;
  if (random.chance(20) && !document.postures.empty() && !other.postures.empty())
    document.postures.front().check = other.postures.front().check;
  if (random.chance(20) && !document.networks.empty() && !other.networks.empty())
    document.networks.front().prefixes = other.networks.front().prefixes;
  return document;
}

/// Evidence as a session has it.
Evidence session_evidence(RandomPolicy& random) {
  while (true) {
    auto evidence = random.evidence();
    evidence.posture.satisfied.reset();
    evidence.hours_known = true;
    evidence.certificate_expires = kNever;
    if (!evidence.user.empty() && !evidence.device.empty() && !evidence.source.is_unspecified()) return evidence;
  }
}

bool speaks_of(const AccessChange& change, const std::string& user, bool is_named) {
  if (!is_named) return change.everyone_else;
  return std::binary_search(change.people.begin(), change.people.end(), user);
}

bool is_named(const PolicyDocument& document, const std::string& user) {
  const auto in = [&](const std::vector<NameUse>& names) {
    return std::any_of(names.begin(), names.end(), [&](const NameUse& name) { return name.text == user; });
  };
  return std::any_of(document.groups.begin(), document.groups.end(), [&](const auto& g) { return in(g.members); }) ||
         std::any_of(document.rules.begin(), document.rules.end(), [&](const auto& r) { return in(r.who); });
}

TEST(PolicyDiff, SaysGainedOrLostExactlyWhereTheAnswersDiffer) {
  const auto seed = random_seed();
  RecordProperty("seed", std::to_string(seed));
  RandomPolicy random{seed};
  std::size_t differences = 0;
  for (int round = 0; round < 1200; ++round) {
    const auto before = random.document();
    const auto after = random.chance(20) ? random.document() : edited(before, random);
    const auto old_policy = Policy::compile(before);
    const auto new_policy = Policy::compile(after);
    ASSERT_TRUE(old_policy && new_policy);
    const auto diff = diff_of(*old_policy, *new_policy, kFirst);
    for (int question = 0; question < 60; ++question) {
      const auto evidence = session_evidence(random);
      const auto to = random.destination();
      const auto now = random.time();
      const bool was = naive_judge(before, evidence, to, now).allows();
      const bool is = naive_judge(after, evidence, to, now).allows();
      differences += was != is ? 1 : 0;
      const auto answers = diff.space().answers(evidence, now);
      const bool named = is_named(before, evidence.user.text()) || is_named(after, evidence.user.text());
      for (const auto access : {Access::Gained, Access::Lost}) {
        const bool expected = access == Access::Gained ? is && !was : was && !is;
        const bool said = std::any_of(diff.changes().begin(), diff.changes().end(), [&](const AccessChange& change) {
          return change.access == access && speaks_of(change, evidence.user.text(), named) &&
                 change.region.contains(to) && diff.space().formulas().holds(change.when, answers);
        });
        ASSERT_EQ(said, expected) << evidence.user.text() << " to " << to_string(to) << " round " << round << " seed "
                                  << seed;
      }
    }
  }
  EXPECT_GT(differences, 1000U);
}

TEST(PolicyDiff, SaysNothingOfAPolicyBesideItself) {
  RandomPolicy random{3};
  for (int round = 0; round < 100; ++round) {
    const auto document = random.document();
    const auto diff = diff_of(*Policy::compile(document), *Policy::compile(document), kFirst);
    EXPECT_TRUE(diff.changes().empty());
  }
}

constexpr const char* kBase = R"(version = 1
[groups]
engineering = ["ana@example.com", "bo@example.com", "cy@example.com"]
[networks]
wifi = ["198.51.100.0/24"]
[posture.healthy]
disk_encrypted = true
[resources]
git  = { net = "10.20.4.10", ports = ["22/tcp", "443/tcp"] }
prod = { net = "10.20.0.0/16", ports = "5432/tcp" }
)";

const std::string kGit = std::string{kBase} + "[allow.git]\nwho = \"engineering\"\nto = \"git\"\n";

TEST(PolicyDiff, CountsPeopleAndCallsDestinationsByName) {
  EXPECT_EQ(
      diff_text(
          kGit,
          kGit + "[allow.prod]\nwho = \"engineering\"\nto = \"prod\"\nposture = \"healthy\"\nproof_age = \"8h\"\n"),
      "+ 3 people reach prod\n"
      "    ana@example.com, bo@example.com, cy@example.com\n"
      "    when posture healthy holds, user proof less than 8h ago\n");
  EXPECT_EQ(diff_text(kGit, kGit + "[deny.bo]\nwho = \"bo@example.com\"\nto = \"any\"\n"),
            "- bo@example.com loses git\n");
  EXPECT_EQ(diff_text(kGit, kGit + "[deny.wifi]\nwho = \"everyone\"\nto = \"any\"\nfrom = \"wifi\"\n"),
            "- 3 people lose git\n"
            "    ana@example.com, bo@example.com, cy@example.com\n"
            "    when from wifi\n");
  EXPECT_EQ(diff_text(kGit, kGit + "[allow.all]\nwho = \"everyone\"\nto = \"prod\"\n"), "+ everyone reaches prod\n");
  EXPECT_EQ(diff_text(kGit, kGit), "Nothing changes: the same people reach the same destinations.\n");
}

TEST(PolicyDiff, NamesTheServicesWhenTheyAreNotAllOfAResource) {
  auto less = kGit;
  less.replace(less.find("\"22/tcp\", "), 10, "");
  EXPECT_NE(diff_text(kGit, less).find("- 3 people lose git on 22/tcp\n"), std::string::npos) << diff_text(kGit, less);
}

TEST(PolicyDiff, TellsTwoMeaningsOfOneNameApart) {
  auto stricter = kGit + "posture = \"healthy\"\n";
  auto strict = stricter;
  strict.replace(strict.find("disk_encrypted = true"), 21, "disk_encrypted = true\nfirewall = true");
  const auto text = diff_text(stricter, strict);
  EXPECT_NE(text.find("when posture healthy (as in old) holds, posture healthy (as in new) fails or is unknown"),
            std::string::npos)
      << text;
}

TEST(PolicyDiff, IgnoresRulesInShadowAndDatesGoneBy) {
  EXPECT_EQ(diff_text(kGit, kGit + "[deny.x]\nwho = \"everyone\"\nto = \"any\"\nrollout = \"shadow\"\n"
                                   "[allow.past]\nwho = \"everyone\"\nto = \"prod\"\nuntil = 2026-01-01\n"),
            "Nothing changes: the same people reach the same destinations.\n");
}

TEST(PolicyDiff, GivesTheSameAsData) {
  const auto diff =
      diff_of(policy_of(kGit), policy_of(kGit + "[deny.bo]\nwho = \"bo@example.com\"\nto = \"git\"\nfrom = \"wifi\"\n"),
              kToday);
  const auto json = to_json(diff);
  EXPECT_EQ(json.at("same"), false);
  ASSERT_EQ(json.at("changes").size(), 1U);
  const auto& change = json.at("changes")[0];
  EXPECT_EQ(change.at("change"), "lost");
  EXPECT_EQ(change.at("people"), nlohmann::json::array({"bo@example.com"}));
  EXPECT_EQ(change.at("everyone_else"), false);
  EXPECT_EQ(change.at("to")[0].at("resource"), "git");
  EXPECT_EQ(change.at("when")[0][0].at("key"), "from");
}

}  // namespace
}  // namespace sallyport
