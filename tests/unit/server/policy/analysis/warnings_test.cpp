#include "server/policy/analysis/warnings.hpp"

#include "server/policy/analysis/condition_space.hpp"
#include "tests/unit/server/policy/policy_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

constexpr const char* kBase = R"(version = 1
[groups]
staff  = ["ana@example.com", "bo@example.com"]
nobody = []
[networks]
office = ["198.51.100.0/24"]
floor  = ["198.51.100.0/25"]
[hours]
working = { days = "mon-fri", time = "08:00-19:00", zone = "Europe/Madrid" }
morning = { days = "mon-fri", time = "08:00-12:00", zone = "Europe/Madrid" }
[resources]
git = { net = "10.20.4.10", ports = ["22/tcp", "443/tcp"] }
)";

std::string warnings_of(const std::string& text, const std::string& base = kBase) {
  const auto policy = policy_of(base + text);
  return to_string(find_warnings(*policy, run_expectations(*policy), kToday));
}

/// Whether exactly one rule is warned of, with this code and these words.
testing::AssertionResult says(const std::string& rules, const std::string& code, const std::string& words) {
  const auto text = warnings_of(rules);
  if (text.find('[' + code + ']') == std::string::npos || text.find(words) == std::string::npos)
    return testing::AssertionFailure() << text;
  return testing::AssertionSuccess();
}

constexpr const char* kTest = "[[test]]\nas = \"ana@example.com\"\nfrom = \"192.0.2.1\"\ncan = [\"git:22/tcp\"]\n";
constexpr const char* kStaffGit = "[allow.staff-git]\nwho = \"staff\"\nto = \"git\"\n";

TEST(PolicyWarnings, SayNothingOfAPolicyThatIsFine) { EXPECT_EQ(warnings_of(std::string{kStaffGit} + kTest), ""); }

TEST(PolicyWarnings, NameTheReasonWhyARuleNeverMatches) {
  const std::string rule = "[allow.x]\nto = \"git\"\n";
  EXPECT_TRUE(
      says(rule + "who = \"staff\"\nuntil = 2026-01-01\n", "never_matches", "2026-01-01T00:00:00Z, has passed"));
  EXPECT_TRUE(says(rule + "who = \"nobody\"\n", "never_matches", "nobody is in the groups"));
  EXPECT_TRUE(says(rule + "who = \"staff\"\nfrom = \"floor\"\nnot_from = \"office\"\n", "never_matches", "no address"));
  EXPECT_TRUE(
      says(rule + "who = \"staff\"\nduring = \"morning\"\noutside = \"working\"\n", "never_matches", "no time"));
}

TEST(PolicyWarnings, DoNotMistakeARuleThatCanMatch) {
  const std::string rule = "[allow.x]\nwho = \"staff\"\nto = \"git\"\n";
  for (const std::string condition :
       {"from = \"office\"\nnot_from = \"floor\"\n", "during = \"working\"\noutside = \"morning\"\n",
        "until = 2027-01-01\n", "devices = [\"a\", \"b\"]\n"}) {
    EXPECT_EQ(warnings_of(rule + condition).find("never_matches"), std::string::npos) << condition;
  }
}

TEST(PolicyWarnings, FindAnAllowThatADenyOverrulesWholly) {
  const std::string allow = std::string{kStaffGit};
  EXPECT_TRUE(says(allow + "[deny.all]\nwho = \"everyone\"\nto = \"any\"\n", "shadowed_allow",
                   "[deny.all] at p.toml:16:7 denies all of it"));
  EXPECT_TRUE(says(allow + "from = \"floor\"\n[deny.office]\nwho = \"staff\"\nto = \"git\"\nfrom = \"office\"\n",
                   "shadowed_allow", "[deny.office]"));
  EXPECT_TRUE(says(allow + "[deny.in]\nwho = \"staff\"\nto = \"git\"\nfrom = \"office\"\n"
                           "[deny.out]\nwho = \"staff\"\nto = \"git\"\nnot_from = \"office\"\n",
                   "shadowed_allow", "together deny all of it"));
}

TEST(PolicyWarnings, LeaveAnAllowAloneThatLetsSomebodyThroughSometime) {
  const std::string allow = std::string{kStaffGit};
  for (const std::string deny :
       {"who = \"ana@example.com\"\nto = \"any\"\n", "who = \"everyone\"\nto = \"any\"\nfrom = \"office\"\n",
        "who = \"everyone\"\nto = \"any\"\nuntil = 2027-01-01\n",
        "who = \"everyone\"\nto = \"any\"\nrollout = \"shadow\"\n",
        "who = \"everyone\"\nto = \"any\"\nduring = \"working\"\n"}) {
    EXPECT_EQ(warnings_of(allow + "[deny.x]\n" + deny).find("shadowed_allow"), std::string::npos) << deny;
  }
}

TEST(PolicyWarnings, SayThatAnAgeInADenyDoesNothing) {
  EXPECT_TRUE(
      says(std::string{kStaffGit} + "[deny.x]\nwho = \"staff\"\nto = \"git\"\nproof_age = \"8h\"\nfrom = \"office\"\n",
           "age_in_deny", "`proof_age` does nothing in a deny"));
}

TEST(PolicyWarnings, CompareResources) {
  const std::string tail = std::string{kStaffGit} + kTest;
  const auto with = [&](const std::string& resource) { return warnings_of(resource + tail); };
  EXPECT_NE(with("same = { net = \"10.20.4.10/32\", ports = [\"443/tcp\", \"22/tcp\"] }\n")
                .find("\"same\" is the same as \"git\""),
            std::string::npos);
  EXPECT_NE(with("wide = { net = \"10.20.0.0/16\", ports = \"any\" }\n").find("note: \"wide\" holds all of \"git\""),
            std::string::npos);
  EXPECT_NE(with("web = { net = \"10.20.4.0/24\", ports = [\"80/tcp\", \"443/tcp\"] }\n")
                .find("overlaps \"git\" at p.toml:12:1 in 10.20.4.10 on 443/tcp"),
            std::string::npos);
  EXPECT_EQ(with("mail = { net = \"10.20.4.10\", ports = \"25/tcp\" }\n"), "");
}

TEST(PolicyWarnings, FindTestsThatTestNothing) {
  const std::string rules = std::string{kStaffGit} + kTest;
  const std::string test = "[[test]]\nas = \"ana@example.com\"\nfrom = \"192.0.2.1\"\n";
  EXPECT_TRUE(says(rules + "[[test]]\nas = \"anna@example.com\"\ncannot = [\"git:22/tcp\"]\n", "idle_test",
                   "did you mean \"ana@example.com\"?"));
  EXPECT_TRUE(says(rules + test + "can = [\"10.20.4.10:22\"]\n", "idle_test", "tested a second time"));
  EXPECT_TRUE(says(rules + "[[test]]\nas = \"anna@example.com\"\ncannot = [\"git:22/tcp\"]\n", "idle_test",
                   "no rule speaks about \"anna@example.com\""));
  EXPECT_EQ(warnings_of(rules + test + "cannot = [\"git:25/tcp\"]\n"), "") << "guards against a port too many";
}

TEST(PolicyWarnings, OnlyNoteATestThatGuardsAgainstRulesToCome) {
  const std::string rules = std::string{kStaffGit} + kTest;
  EXPECT_TRUE(says(rules + "[[test]]\nas = \"ana@example.com\"\ncannot = [\"10.99.0.1:22/tcp\"]\n", "guard_test",
                   "note: no rule speaks about \"10.99.0.1:22/tcp\""));
  EXPECT_TRUE(says(rules + "[[test]]\nas = \"stranger@example.com\"\ncannot = [\"git:22/tcp\"]\n", "guard_test",
                   "note: no rule speaks about \"stranger@example.com\""));
}

TEST(PolicyWarnings, TakeARuleThatMatchesBesideTheDecidingOneForTested) {
  const std::string rules =
      "[allow.another-way]\nwho = \"staff\"\nto = \"git\"\n[deny.bo]\nwho = \"bo@example.com\"\nto = \"git\"\n"
      "[deny.bo-again]\nwho = \"bo@example.com\"\nto = \"any\"\n" +
      std::string{kStaffGit} + kTest + "[[test]]\nas = \"bo@example.com\"\ncannot = [\"git:22/tcp\"]\n";
  const auto text = warnings_of(rules);
  EXPECT_EQ(text.find("untested_rule"), std::string::npos) << text;
  EXPECT_NE(text.find("note: [deny.bo] adds nothing: [deny.bo-again] at p.toml:19:7 says all of it"), std::string::npos)
      << text;
  EXPECT_NE(text.find("note: [allow.staff-git] adds nothing: [allow.another-way]"), std::string::npos) << text;
  EXPECT_EQ(text.find("[allow.another-way] adds nothing"), std::string::npos) << "one of them is needed";
}

TEST(PolicyWarnings, DoNotCallARuleRedundantThatSaysMoreOrIsRecorded) {
  for (const std::string rule :
       {"who = \"everyone\"\nto = \"git\"\n", "who = \"staff\"\nto = \"git\"\nlog = \"flows\"\n"}) {
    EXPECT_EQ(warnings_of(std::string{kStaffGit} + "[allow.x]\n" + rule + kTest).find("[allow.x] adds nothing"),
              std::string::npos)
        << rule;
  }
}

TEST(PolicyWarnings, NameARuleOfWhichSeveralOthersTogetherSayAll) {
  const std::string wide =
      "mail = { net = \"10.20.9.1\", ports = \"25/tcp\" }\nwiki = { net = \"10.20.9.2\", ports = \"443/tcp\" }\n"
      "[allow.x]\nwho = \"staff\"\nto = \"git\"\n";
  const auto parts = [](const std::string& first, const std::string& second) {
    return "[allow.a]\nwho = \"staff\"\nto = [\"git\", \"mail\"]\n" + first +
           "[allow.b]\nwho = \"staff\"\nto = [\"git\", \"wiki\"]\n" + second;
  };
  const auto adds_nothing = [&](const std::string& rules) {
    return warnings_of(rules + kTest).find("[allow.x] adds nothing") != std::string::npos;
  };
  const auto by_time = warnings_of(wide + parts("during = \"working\"\n", "outside = \"working\"\n") + kTest);
  EXPECT_NE(by_time.find("note: [allow.x] adds nothing: [allow.a] at p.toml:18:8, [allow.b] at p.toml:22:8 together "
                         "say all of it [redundant]"),
            std::string::npos)
      << by_time << "at every time one of the two";
  EXPECT_TRUE(adds_nothing(wide + "[allow.a]\nwho = [\"ana@example.com\", \"cy@example.com\"]\nto = \"git\"\n"
                                  "[allow.b]\nwho = [\"bo@example.com\", \"di@example.com\"]\nto = \"git\"\n"))
      << "of every person one of the two";
  EXPECT_FALSE(adds_nothing(wide + parts("during = \"working\"\n", "during = \"morning\"\n")));
  EXPECT_FALSE(adds_nothing(wide + "log = \"flows\"\n" + parts("during = \"working\"\n", "outside = \"working\"\n")))
      << "what it records nobody else does";
  EXPECT_FALSE(adds_nothing(wide + parts("during = \"working\"\n", "outside = \"working\"\nrollout = \"shadow\"\n")));
}

TEST(PolicyWarnings, NameARuleWhosePlacesOthersHaveAmongThem) {
  const std::string places =
      "version = 1\n[resources]\nwhole = { net = \"10.50.0.0/24\", ports = [\"80/tcp\", \"443/tcp\"] }\n"
      "low = { net = \"10.50.0.0/25\", ports = \"any\" }\nhigh = { net = \"10.50.0.128/25\", ports = \"1-1000/tcp\" }\n"
      "most = { net = \"10.50.0.128/26\", ports = \"1-1000/tcp\" }\n"
      "[allow.x]\nwho = \"ana@example.com\"\nto = \"whole\"\n"
      "[allow.low]\nwho = \"everyone\"\nto = \"low\"\n";
  const auto rule = [](const char* to) { return std::string{"[allow.y]\nwho = \"everyone\"\nto = \""} + to + "\"\n"; };
  const auto found = warnings_of(places + rule("high"), {});
  EXPECT_NE(found.find("[allow.x] adds nothing: [allow.low] at p.toml:10:8, [allow.y] at p.toml:13:8 together say "
                       "all of it"),
            std::string::npos)
      << found;
  EXPECT_EQ(warnings_of(places + rule("most"), {}).find("adds nothing"), std::string::npos);
}

TEST(PolicyWarnings, SayNothingOfRulesThatAreTooIntricateToExamine) {
  const auto policy = policy_of(std::string{kBase} + "[allow.x]\nwho = \"staff\"\nto = \"git\"\nfrom = \"office\"\n" +
                                "not_from = \"floor\"\nduring = \"working\"\n");
  ConditionSpace space{{&policy->resolved()}, kToday, 8};
  ASSERT_TRUE(space.exhausted());
  EXPECT_TRUE(space.can_hold(space.of_source(0, 0)));
  EXPECT_TRUE(space.can_hold(space.of_hours(0, 0)));
  EXPECT_TRUE(space.can_hold(space.of_rule(0, 0)));
}

TEST(PolicyWarnings, KnowThatWhatMeetsAStrictCheckMeetsALaxOne) {
  const std::string checks =
      "[posture.strict]\nfirewall = true\nkernel = \">=6.1\"\n[posture.lax]\nfirewall = true\n[posture.same]\nfirewall "
      "= true\n";
  const std::string allow = "[allow.x]\nwho = \"staff\"\nto = \"git\"\nposture = ";
  const std::string deny = "[deny.x]\nwho = \"staff\"\nto = \"git\"\nposture = ";
  EXPECT_TRUE(says(checks + allow + "\"strict\"\n" + deny + "\"lax\"\n", "shadowed_allow", "[deny.x]"));
  EXPECT_TRUE(says(checks + allow + "\"same\"\n" + deny + "\"lax\"\n", "shadowed_allow", "[deny.x]"));
  EXPECT_EQ(warnings_of(checks + allow + "\"lax\"\n" + deny + "\"strict\"\n").find("shadowed_allow"),
            std::string::npos);
}

TEST(PolicyWarnings, SpeakOfReportsAndNotOfAnAssumptionThatNoLaptopMeets) {
  const std::string rules =
      "[posture.one]\ndisk_encrypted = true\n[posture.same]\ndisk_encrypted = true\n"
      "[allow.x]\nwho = \"staff\"\nto = \"git\"\nposture = \"one\"\n"
      "[deny.x]\nwho = \"staff\"\nto = \"git\"\nposture = \"same\"\n";
  EXPECT_TRUE(says(rules, "shadowed_allow", "[deny.x]"));
  const auto policy = policy_of(kBase + rules);
  auto evidence = as("ana@example.com");
  EXPECT_FALSE(ask(*policy, evidence, "10.20.4.10:22").allows());
  evidence.posture = {.report = PostureReport{}, .reported = kToday};
  EXPECT_FALSE(ask(*policy, evidence, "10.20.4.10:22").allows());
  for (const bool encrypted : {true, false}) {
    evidence.posture.report->facts["disk_encrypted"] = encrypted;
    EXPECT_FALSE(ask(*policy, evidence, "10.20.4.10:22").allows());
  }
  evidence.posture = {.satisfied = {{"one"}}};
  EXPECT_TRUE(ask(*policy, evidence, "10.20.4.10:22").allows()) << "a list is taken at its word";
}

TEST(PolicyWarnings, FindRulesThatNoTestExercises) {
  EXPECT_TRUE(says(std::string{kStaffGit} + kTest + "[deny.x]\nwho = \"bo@example.com\"\nto = \"git\"\n",
                   "untested_rule", "no test is decided by [deny.x]"));
  EXPECT_TRUE(says(kStaffGit, "no_tests", "nothing tests this policy"));
  EXPECT_TRUE(says(std::string{kStaffGit} + kTest + "[deny.x]\nwho = \"staff\"\nto = \"git\"\nrollout = \"shadow\"\n",
                   "rule_in_shadow", "judged and recorded"));
}

TEST(PolicyWarnings, HaveAPlaceACodeAndAHintAsData) {
  const auto policy = policy_of(std::string{kBase} + kStaffGit);
  const auto list = to_json(find_warnings(*policy, run_expectations(*policy), kToday));
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].at("level"), "warning");
  EXPECT_EQ(list[0].at("code"), "no_tests");
  EXPECT_EQ(list[0].at("file"), "p.toml");
  EXPECT_EQ(list[0].at("line"), 13);
  EXPECT_NE(list[0].at("hint"), "");
}

}  // namespace
}  // namespace sallyport
