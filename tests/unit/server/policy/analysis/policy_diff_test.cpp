#include "server/policy/analysis/policy_diff.hpp"

#include "tests/unit/server/policy/naive.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

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

/// An expired certificate hides every difference.
Evidence session_evidence(RandomPolicy& random) {
  auto evidence = random.session_evidence();
  evidence.certificate_expires = kNever;
  return evidence;
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
  EXPECT_EQ(diff_text(stricter, strict),
            "- 3 people lose git\n"
            "    ana@example.com, bo@example.com, cy@example.com\n"
            "    when posture healthy (as in old) holds, posture healthy (as in new) fails or is unknown\n");
}

/// Git for somebody on a laptop that meets the check.
std::string with_check(const std::string& check) {
  return "version = 1\n[posture.healthy]\n" + check +
         "\n[resources]\ngit = { net = \"10.0.0.1\", ports = \"22/tcp\" }\n" +
         "[allow.git]\nwho = \"ana@example.com\"\nto = \"git\"\nposture = \"healthy\"\n";
}

TEST(PolicyDiff, FindsNoGainInACheckThatBecameStricter) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"os = { debian = \">=12\" }", "os = { debian = \">=13\" }"},
      {"os = { debian = \">=12\", fedora = \">=40\" }", "os = { debian = \">=12\" }"},
      {"kernel = \">=6\"", "kernel = \">=6.1, <7\""},
      {"firewall = true", "firewall = true\nreported_within = \"10m\""},
      {"firewall = true\nreported_within = \"1h\"", "firewall = true\nreported_within = \"10m\""}};
  for (const auto& [lax, strict] : pairs) {
    const auto text = diff_text(with_check(lax), with_check(strict));
    EXPECT_EQ(text.rfind("- ana@example.com loses git\n    when posture healthy ", 0), 0U) << text;
    EXPECT_EQ(text.find('+'), std::string::npos) << text;
    EXPECT_NE(text.find("healthy (as in old) holds"), std::string::npos) << text;
    EXPECT_NE(text.find("healthy (as in new) fails or is unknown"), std::string::npos) << text;
    EXPECT_EQ(diff_text(with_check(strict), with_check(lax)).front(), '+');
  }
}

TEST(PolicyDiff, FindsNothingInAnotherSpellingOfACheck) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"os = { debian = \">=12\" }", "os = { debian = \">=12.0\" }"},
      {"kernel = \">=6, <7\"", "kernel = \"<7, >=6\""},
      {"kernel = \"==6\"", "kernel = \">=6, <=6.0\""},
      {"firewall = true\nreported_within = \"1h\"", "firewall = true\nreported_within = \"60m\""}};
  for (const auto& [one, other] : pairs)
    EXPECT_EQ(diff_text(with_check(one), with_check(other)).rfind("Nothing changes", 0), 0U) << one << ' ' << other;
}

/// Everything that a laptop could report, of what a few checks ask.
std::vector<PostureEvidence> all_reports(WallTime now) {
  std::vector<PostureEvidence> all(1);  // none
  for (unsigned bits = 0; bits < 9; ++bits) {
    for (const auto* kernel : {"", "5.10", "6.1.0-28-amd64", "7.0"}) {
      for (const auto* system : {" ", "debian 12", "debian 13", "fedora 40", "debian "}) {
        for (const int age : {0, 400, 4000}) {
          PostureReport report;
          const std::string os{system};
          report.os = os.substr(0, os.find(' '));
          report.os_version = os.substr(os.find(' ') + 1);
          report.kernel_version = kernel;
          if (bits % 3 != 2) report.facts["firewall"] = bits % 3 == 0;
          if (bits / 3 != 2) report.facts["screen_lock"] = bits / 3 == 0;
          all.push_back({std::move(report), now - std::chrono::seconds{age}, std::nullopt});
        }
      }
    }
  }
  return all;
}

/// A check, or the same made stricter.
std::string random_check(RandomPolicy& random, unsigned strictness) {
  const auto pick = [&](unsigned percent) { return strictness == 0 ? random.chance(percent) : true; };
  std::string text =
      strictness == 0 || random.chance(50) ? "firewall = true\n" : "firewall = true\nscreen_lock = true\n";
  if (pick(50)) text += strictness == 0 ? "kernel = \">=6\"\n" : "kernel = \">6.0, <7\"\n";
  if (pick(50))
    text += strictness == 0 ? "os = { debian = \">=12\", fedora = \">30\" }\n" : "os = { debian = \">12\" }\n";
  if (pick(50)) text += strictness == 0 ? "reported_within = \"1h\"\n" : "reported_within = \"5m\"\n";
  return text;
}

TEST(PolicyDiff, SpeaksOnlyOfReportsThatALaptopCanMake) {
  const auto seed = random_seed();
  RandomPolicy random{seed};
  const auto reports = all_reports(kToday);
  for (int round = 0; round < 12; ++round) {
    const auto lax = random_check(random, 0);
    const auto strict = random_check(random, 1);
    const auto text = [&](const char* allowed, const char* denied) {
      return "version = 1\n[posture.lax]\n" + lax + "[posture.strict]\n" + strict +
             "[resources]\ngit = { net = \"10.0.0.1\", ports = \"22/tcp\" }\n"
             "[allow.git]\nwho = \"everyone\"\nto = \"git\"\nposture = \"" +
             allowed + "\"\n" +
             (denied == nullptr
                  ? std::string{}
                  : std::string{"[deny.git]\nwho = \"everyone\"\nto = \"git\"\nposture = \""} + denied + "\"\n");
    };
    const std::array versions{text("lax", nullptr), text("strict", nullptr), text("lax", "strict"),
                              text("strict", "lax")};
    const auto before = policy_of(versions[random.below(versions.size())]);
    const auto after = policy_of(versions[random.below(versions.size())]);
    const auto diff = diff_of(before, after, kToday);
    std::set<const AccessChange*> seen;
    for (const auto& report : reports) {
      auto evidence = as("ana@example.com");
      evidence.posture = report;
      const bool was = ask(*before, evidence, "10.0.0.1:22").allows();
      const bool is = ask(*after, evidence, "10.0.0.1:22").allows();
      bool said = false;
      for (const auto& change : diff.changes()) {
        const bool holds = diff.space().formulas().holds(change.when, diff.space().answers(evidence, kToday));
        ASSERT_FALSE(holds && (change.access == Access::Gained) != (is && !was)) << "seed " << seed;
        said = said || holds;
        if (holds) seen.insert(&change);
      }
      ASSERT_EQ(said, was != is) << "seed " << seed;
    }
    EXPECT_EQ(seen.size(), diff.changes().size()) << to_text(diff) << lax << strict << "seed " << seed;
  }
}

TEST(PolicyDiff, TakesZonesThatShowTheSameForOne) {
  const auto with_zone = [](const std::string& zone) {
    return "version = 1\n[hours]\nw = { days = \"mon-fri\", time = \"08:00-19:00\", zone = \"" + zone +
           "\" }\n[resources]\ngit = { net = \"10.0.0.1\", ports = \"22/tcp\" }\n"
           "[allow.git]\nwho = \"ana@example.com\"\nto = \"git\"\nduring = \"w\"\n";
  };
  EXPECT_EQ(diff_text(with_zone("UTC"), with_zone("Etc/UTC")).rfind("Nothing changes", 0), 0U);
  EXPECT_NE(diff_text(with_zone("UTC"), with_zone("Europe/London")).rfind("Nothing changes", 0), 0U);
}

/// As many rules of one kind, each with conditions of its own.
std::string many_rules(int count, const std::function<std::string(const std::string&)>& rule) {
  std::string text;
  for (int i = 0; i < count; ++i) text += rule(std::to_string(i));
  return text;
}

TEST(PolicyDiff, ComparesManyOfficesWithHoursOfTheirOwn) {
  const std::string head = "version = 1\n[resources]\ngit = { net = \"10.0.0.1\", ports = \"22/tcp\" }\n";
  auto text = head + "[networks]\n";
  text += many_rules(30, [](const auto& i) { return "n" + i + " = \"198.51." + i + ".0/24\"\n"; }) + "[hours]\n";
  text += many_rules(30, [](const auto& i) {
    const auto minute = i.size() == 1 ? "0" + i : i;
    return "h" + i + " = { days = \"mon-fri\", time = \"08:" + minute + "-17:00\", zone = \"UTC\" }\n";
  });
  for (const std::string kind : {"allow", "deny"}) {
    const auto offices = many_rules(30, [&](const auto& i) {
      return '[' + kind + ".o" + i + "]\nwho = \"everyone\"\nto = \"git\"\nfrom = \"n" + i + "\"\nduring = \"h" + i +
             "\"\n";
    });
    const auto all = kind == "allow" ? std::string{} : "[allow.all]\nwho = \"everyone\"\nto = \"git\"\n";
    const auto json = to_json(diff_of(policy_of(head + all), policy_of(text + all + offices), kToday));
    ASSERT_EQ(json.at("changes").size(), 1U);
    EXPECT_EQ(json.at("changes")[0].at("when").size(), 30U) << "one case for each office";
    EXPECT_EQ(json.at("changes")[0].at("when_complete"), true);
  }
}

/// As many checks, each in an allow and in a deny of the same place.
std::string checks_that_allow_and_deny(int count) {
  std::string text = "version = 1\n[resources]\n" + many_rules(count, [](const auto& i) {
                       return "r" + i + " = { net = \"10.0." + i + ".1\", ports = \"22/tcp\" }\n";
                     });
  text += many_rules(count, [](const auto& i) {
    const auto rest = "]\nwho = \"everyone\"\nto = \"r" + i + "\"\nposture = \"p" + i + "\"\n";
    return "[posture.p" + i + "]\nkernel = \">=6." + i + "\"\n[allow.a" + i + rest + "[deny.d" + i + rest;
  });
  return text;
}

TEST(PolicyDiff, ComparesManyChecksThatAllowAndDeny) {
  for (const int count : {40, 240}) {
    const auto diff = diff_of(policy_of("version = 1\n"), policy_of(checks_that_allow_and_deny(count)), kToday);
    EXPECT_TRUE(diff.changes().empty()) << "a deny with the same check always wins";
    EXPECT_EQ(diff.exact(), count == 40) << "so many are not compared with each other";
  }
}

TEST(PolicyDiff, ComparesHundredsOfNetworks) {
  const auto text = [](const std::string& first) {
    std::string networks = "n0 = \"" + first + "\"\n";
    std::string rules;
    for (int i = 0; i < 500; ++i) {
      if (i > 0) networks += fmt::format("n{} = \"10.{}.{}.0/24\"\n", i, i / 250, i % 250);
      rules += fmt::format("[allow.a{0}]\nwho = \"u{0}@example.com\"\nto = \"git\"\nfrom = \"n{0}\"\n", i);
    }
    return "version = 1\n[networks]\n" + networks + "[resources]\ngit = { net = \"192.0.2.1\", ports = \"22/tcp\" }\n" +
           rules;
  };
  EXPECT_EQ(diff_text(text("10.0.0.0/24"), text("10.0.0.0/25")),
            "- u0@example.com loses git\n    when from n0 (as in old), not from n0 (as in new)\n");
}

TEST(PolicyDiff, PointsToTheNamesThatItLeavesOff) {
  const auto group = "version = 1\n[groups]\ng = [" +
                     many_rules(12, [](const auto& i) { return "\"u" + i + "@example.com\", "; }) +
                     "]\n[resources]\ngit = { net = \"10.0.0.1\", ports = \"22/tcp\" }\n";
  const auto text = diff_text(group, group + "[allow.git]\nwho = \"g\"\nto = \"git\"\n");
  EXPECT_NE(text.find("and 4 more\nAll names: --json\n"), std::string::npos) << text;
}

TEST(PolicyDiff, NamesTheDevicesThatAreKnown) {
  const auto diff =
      diff_of(policy_of(kGit), policy_of(kGit + "[deny.bo]\nwho = \"bo@example.com\"\nto = \"git\"\n"), kToday);
  const DevicesOfPeople devices{{"bo@example.com", {"bo-laptop", "bo-phone"}}, {"ana@example.com", {"ana-laptop"}}};
  EXPECT_EQ(to_text(diff, devices), "- bo@example.com loses git\n    devices: bo-laptop, bo-phone\n");
  EXPECT_EQ(to_json(diff, devices).at("changes")[0].at("devices"),
            (nlohmann::json{{"bo@example.com", {"bo-laptop", "bo-phone"}}}));
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
