#include "server/policy/report/policy_report.hpp"
#include "tests/unit/server/policy/policy_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <string>

namespace sallyport {
namespace {

constexpr std::string_view kNames = R"(version = 1
[groups]
staff   = ["engineers", "bo@example.com"]
engineers = ["ana@example.com"]
all     = ["everyone"]
idle    = ["cy@example.com"]
[networks]
offices = "198.51.100.0/24"
[resources]
git  = { net = "10.0.1.1", ports = "22/tcp" }
lab  = { net = "10.0.0.0/16", ports = "any" }
wiki = { net = "10.9.0.1", ports = "443/tcp" }
)";

PolicyReport report_of(std::string_view rules) {
  const auto loaded = read_policy_texts({{"p.toml", std::string{kNames} + std::string{rules}}});
  EXPECT_TRUE(loaded.has_value()) << (loaded ? std::string{} : to_string(loaded.error()));
  return make_report(loaded ? loaded->policy : Policy::deny_all(), "p", 1, kToday);
}

/// "everyone: git=allowed[open]; group staff: ...": every row with its own cells; * marks a part, < an overlap, + that
/// the rules of everyone count too.
std::string matrix_of(const PolicyReport& report) {
  std::string text;
  for (const auto& row : report.rows) {
    text += text.empty() ? "" : "; ";
    text += row.kind == SubjectKind::Everyone ? row.name : std::string{name_of(row.kind)} + ' ' + row.name;
    text += ':';
    for (const auto& cell : row.cells) {
      text += ' ' + report.document().resources[cell.resource].name + '=' + std::string{name_of(cell.answer)} + '[';
      std::string rules;
      for (const auto& each : cell.rules) {
        rules += (rules.empty() ? "" : " ") + report.policy->rule(each.rule)->name;
        rules += each.through.empty() ? "" : each.whole ? "<" : "*";
      }
      if (cell.and_everyones) rules += " +";
      text += rules + ']';
    }
  }
  return text;
}

TEST(PolicyReport, AnEmptyPolicyHasOneRowWithoutCells) { EXPECT_EQ(matrix_of(report_of("")), "everyone:"); }

TEST(PolicyReport, GivesGroupsWhatTheGroupsAboveThemHave) {
  const auto report = report_of("[allow.a]\nwho = \"staff\"\nto = \"wiki\"\n");
  EXPECT_EQ(matrix_of(report), "everyone:; group engineers: wiki=allowed[a]; group staff: wiki=allowed[a]");
  EXPECT_EQ(report.as_everyone, (std::vector<std::string>{"all", "idle"}));
}

TEST(PolicyReport, AGroupOfEveryoneIsEveryone) {
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"all\"\nto = \"wiki\"\n")), "everyone: wiki=allowed[a]");
}

TEST(PolicyReport, APersonNamedByARuleHasARowWithTheGroupsOfTheirs) {
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"bo@example.com\"\nto = \"git\"\n"
                                "[allow.b]\nwho = \"staff\"\nto = \"wiki\"\n")),
            "everyone:; group engineers: wiki=allowed[b]; group staff: wiki=allowed[b]; "
            "person bo@example.com: git=allowed[a] lab=if[a*] wiki=allowed[b]");
}

TEST(PolicyReport, ConditionsAndDenyRulesMakeItDepend) {
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\n"
                                "[deny.b]\nwho = \"everyone\"\nto = \"any\"\nfrom = \"offices\"\n")),
            "everyone: git=no[b] lab=no[b] wiki=if[a b]");
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\nfrom = \"offices\"\n")),
            "everyone: wiki=if[a]");
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\n"
                                "[deny.b]\nwho = \"idle\"\nto = \"wiki\"\n")),
            "everyone: wiki=allowed[a]; group idle: wiki=denied[b +]");
}

TEST(PolicyReport, ARuleSpeaksOfWhatOverlapsWhatItNames) {
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"everyone\"\nto = \"lab\"\n")),
            "everyone: git=allowed[a<] lab=allowed[a]");
  EXPECT_EQ(
      matrix_of(report_of("[allow.a]\nwho = \"everyone\"\nto = \"lab\"\n[deny.b]\nwho = \"everyone\"\nto = \"git\"\n")),
      "everyone: git=denied[a< b] lab=if[a b*]");
}

TEST(PolicyReport, RulesInShadowAreShownAndDecideNothing) {
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\n"
                                "[deny.b]\nwho = \"everyone\"\nto = \"wiki\"\nrollout = \"shadow\"\n")),
            "everyone: wiki=allowed[a b]");
}

TEST(PolicyReport, RulesThatHaveEndedAreInNoCell) {
  const auto report = report_of(
      "[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\nuntil = 2026-11-21T12:00:00Z\n"
      "[allow.b]\nwho = \"everyone\"\nto = \"git\"\nuntil = 2026-11-21T12:00:01Z\n");
  EXPECT_EQ(matrix_of(report), "everyone: git=if[b] lab=if[b*]");
  EXPECT_EQ(to_json(report).at("rules").at(0).at("ended"), true);
}

std::string many_allows(int count) {
  std::string rules;
  for (int i = 0; i < count; ++i)
    rules += "[allow.r" + std::to_string(10 + i) + "]\nwho = \"everyone\"\nto = \"wiki\"\nfrom = \"offices\"\n";
  return rules;
}

TEST(PolicyReport, BoundsTheRulesOfOneCellButJudgesByAllOfThem) {
  const auto report = report_of(many_allows(30) + "[deny.z]\nwho = \"everyone\"\nto = \"wiki\"\n");
  const auto& cell = report.rows.front().cells.front();
  EXPECT_EQ(cell.rules.size(), kMaxCellRules);
  EXPECT_EQ(cell.left_off, 31 - kMaxCellRules);
  EXPECT_EQ(cell.answer, CellAnswer::Denied);
  EXPECT_EQ(report.policy->rule(cell.rules.front().rule)->name, "z") << "the rule that decides is not left off";
  EXPECT_EQ(cell.denials_left_off, 0U);
}

TEST(PolicyReport, LeavesOffAllowsBeforeDenialsWithConditions) {
  const auto report = report_of(many_allows(25) +
                                "[deny.z]\nwho = \"everyone\"\nto = \"wiki\"\nfrom = \"offices\"\n"
                                "[deny.shadow]\nwho = \"everyone\"\nto = \"wiki\"\nrollout = \"shadow\"\n");
  const auto& cell = report.rows.front().cells.front();
  EXPECT_EQ(cell.answer, CellAnswer::If);
  EXPECT_EQ(report.policy->rule(cell.rules.front().rule)->name, "z");
}

TEST(PolicyReport, CountsTheDenialsThatItLeavesOff) {
  std::string rules = "[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\n";
  for (int i = 0; i < 25; ++i) rules += "[deny.d" + std::to_string(10 + i) + "]\nwho = \"idle\"\nto = \"wiki\"\n";
  const auto report = report_of(rules);
  const auto& cell = report.rows.at(1).cells.front();
  EXPECT_EQ(cell.denials_left_off, 5U);
  EXPECT_NE(to_html(report).find("<li>and by 5 more rules</li>"), std::string::npos);
}

TEST(PolicyReport, AnAgeInADenyRuleIsNoCondition) {
  const auto report = report_of(
      "[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\n"
      "[deny.stale]\nwho = \"everyone\"\nto = \"wiki\"\nproof_age = \"8h\"\nkey_age = \"5m\"\n");
  EXPECT_EQ(matrix_of(report), "everyone: wiki=denied[a stale]");
  // As the gateway judges: fresh or stale.
  auto evidence = as("ana@example.com");
  EXPECT_FALSE(ask(*report.policy, evidence, "10.9.0.1:443").allows());
  evidence.user_proved = evidence.key_proved = kToday;
  EXPECT_FALSE(ask(*report.policy, evidence, "10.9.0.1:443").allows());
  EXPECT_NE(to_html(report).find("less than 8h (always met)"), std::string::npos);
  EXPECT_EQ(to_json(report).at("rules").at(1).at("conditions").at(0).at("always_met"), true);
}

TEST(PolicyReport, AnAgeInAnAllowRuleIsAConditionAndSoIsAPlaceInADeny) {
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\nkey_age = \"5m\"\n")),
            "everyone: wiki=if[a]");
  EXPECT_EQ(matrix_of(report_of("[allow.a]\nwho = \"everyone\"\nto = \"wiki\"\n"
                                "[deny.b]\nwho = \"everyone\"\nto = \"wiki\"\nkey_age = \"5m\"\nfrom = \"offices\"\n")),
            "everyone: wiki=if[a b]");
}

PolicyReport report_of_resources(const std::string& resources, const std::string& rules) {
  const auto loaded = read_policy_texts({{"p.toml", "version = 1\n[resources]\n" + resources + rules}});
  EXPECT_TRUE(loaded.has_value()) << (loaded ? std::string{} : to_string(loaded.error()));
  return make_report(loaded ? loaded->policy : Policy::deny_all(), "p", 1, kToday);
}

TEST(PolicyReport, ADenyThatCoversAResourceInPiecesDeniesIt) {
  const std::string rules =
      "[allow.a]\nwho = \"everyone\"\nto = \"all\"\n[deny.b]\nwho = \"everyone\"\nto = [\"x\", \"y\"]\n";
  const auto report = report_of_resources(
      "all = { net = \"10.0.0.0/8\", ports = \"8000-8100/tcp\" }\n"
      "x = { net = \"10.0.0.0/8\", ports = \"8000-8050/tcp\" }\ny = { net = \"10.0.0.0/8\", ports = \"8051-8100/tcp\" "
      "}\n",
      rules);
  EXPECT_EQ(matrix_of(report), "everyone: all=denied[a b<] x=denied[a< b] y=denied[a< b]");
  const auto halves = report_of_resources(
      "all = { net = \"10.0.0.0/8\", ports = \"443/tcp\" }\n"
      "x = { net = \"10.0.0.0/9\", ports = \"443/tcp\" }\ny = { net = \"10.128.0.0/9\", ports = \"any\" }\n",
      rules);
  EXPECT_EQ(matrix_of(halves), "everyone: all=denied[a b<] x=denied[a< b] y=denied[a* b]");
  EXPECT_FALSE(ask(*halves.policy, as("ana@example.com"), "10.200.0.1:443").allows());
}

TEST(PolicyReport, NamesEveryResourceThroughWhichARuleSpeaks) {
  const auto report = report_of_resources(
      "all = { net = \"10.0.0.0/8\", ports = \"any\" }\n"
      "git = { net = \"10.1.0.0/16\", ports = \"any\" }\nweb = { net = \"10.2.0.0/16\", ports = \"any\" }\n",
      "[allow.a]\nwho = \"everyone\"\nto = [\"git\", \"web\"]\n");
  EXPECT_EQ(matrix_of(report), "everyone: all=if[a*] git=allowed[a] web=allowed[a]");
  EXPECT_EQ(to_json(report).at("rows").at(0).at("cells").at(0).at("rules").at(0).at("through"),
            nlohmann::json({"git", "web"}));
  EXPECT_NE(to_html(report).find(
                R"(, for the parts in <a href="#resource.git">git</a> and <a href="#resource.web">web</a>,)"),
            std::string::npos);
}

/// So many overlaps that not all are looked at; what is missed is the deny.
TEST(PolicyReport, PromisesNothingWhenOverlapsAreMissing) {
  std::string resources;
  for (int i = 0; i < 1001; ++i) {
    const auto number = std::to_string(1000 + i);
    resources += "r" + number + " = { net = \"10.0.0.0/8\", ports = \"" + number + "/tcp\" }\n";
  }
  const auto report = report_of_resources(
      resources + "zz_all = { net = \"10.0.0.0/8\", ports = \"any\" }\n",
      "[allow.a]\nwho = \"everyone\"\nto = \"r1344\"\n[deny.d]\nwho = \"everyone\"\nto = \"zz_all\"\n");
  ASSERT_FALSE(report.overlaps_complete);
  for (const auto& row : report.rows) {
    for (const auto& cell : row.cells) {
      EXPECT_NE(cell.answer, CellAnswer::Yes);
      EXPECT_NE(cell.answer, CellAnswer::No);
    }
  }
  const auto page = to_html(report);
  EXPECT_EQ(page.find("Nobody reaches"), std::string::npos);
  EXPECT_EQ(page.find("obody reaches anything"), std::string::npos);
  const auto warning = page.find("opens or denies through an overlap may be missing");
  ASSERT_NE(warning, std::string::npos);
  EXPECT_LT(warning, page.find("<table class=\"matrix\">"));
}

/// Every group may do something everywhere; one person alone reaches zz.
std::string too_much_to_show() {
  std::string text = "version = 1\n[groups]\n";
  for (int i = 0; i < 500; ++i)
    text += "g" + std::to_string(1000 + i) + " = [\"p" + std::to_string(i) + "@example.com\"]\n";
  text += "[resources]\nzz = { net = \"192.0.2.1\", ports = \"443/tcp\" }\n";
  for (int i = 0; i < 500; ++i) {
    const auto name = "r" + std::to_string(1000 + i);
    text += name + " = { net = \"10." + std::to_string(i / 250) + '.' + std::to_string(i % 250) +
            ".0/24\", ports = \"443/tcp\", tags = \"all\" }\n";
  }
  for (int i = 0; i < 500; ++i)
    text +=
        "[allow.a" + std::to_string(1000 + i) + "]\nwho = \"g" + std::to_string(1000 + i) + "\"\nto = \"tag:all\"\n";
  text += "[allow.zz]\nwho = \"zoe@example.com\"\nto = \"zz\"\n";
  for (int i = 0; i < 20; ++i)
    text += "[deny.d" + std::to_string(10 + i) + "]\nwho = \"everyone\"\nto = \"any\"\nposture = \"poor\"\n";
  return text + "[posture.poor]\ndisk_encrypted = false\n";
}

TEST(PolicyReport, NamesTheRowsThatItLeavesOffAndKnowsWhatTheyReach) {
  const auto loaded = read_policy_texts({{"p.toml", too_much_to_show()}});
  ASSERT_TRUE(loaded.has_value()) << to_string(loaded.error());
  const auto report = make_report(loaded->policy, "p", 1, kToday);
  ASSERT_FALSE(report.left_off.empty());
  EXPECT_EQ(report.left_off.back().name, "zoe@example.com");
  const auto page = to_html(report);
  EXPECT_EQ(page.find("Nobody reaches"), std::string::npos) << "zoe reaches zz";
  const auto named = page.find("zoe@example.com");
  EXPECT_LT(named, page.find("<table class=\"matrix\">"));
  EXPECT_NE(page.find("but for those named here as left off"), std::string::npos);
  EXPECT_LT(page.size(), 60'000'000U);
  EXPECT_EQ(to_json(report).at("rows_left_off").back().at("name"), "zoe@example.com");
}

TEST(PolicyReport, ADenialOfAGroupNamesARuleAlsoWhenItIsEveryones) {
  const auto page =
      to_html(report_of("[allow.a]\nwho = \"everyone\"\nto = \"git\"\n[allow.b]\nwho = \"idle\"\nto = \"wiki\"\n"
                        "[deny.c]\nwho = \"everyone\"\nto = \"wiki\"\n"));
  EXPECT_NE(page.find("<li>as everyone: <strong>denied</strong> by <a href=\"#deny.c\">c</a></li>"), std::string::npos);
}

TEST(PolicyReport, TellsWhichTestsExerciseARuleAndWhichRulesNone) {
  const auto report = report_of(
      "[allow.a]\nwho = \"staff\"\nto = [\"wiki\", \"git\"]\n"
      "[deny.b]\nwho = \"staff\"\nto = \"git\"\n[allow.c]\nwho = \"idle\"\nto = \"git\"\n"
      "[[test]]\nas = \"bo@example.com\"\ncan = [\"wiki:443/tcp\", \"git:22/tcp\"]\n");
  EXPECT_EQ(report.failed_expectations(), 1U);
  EXPECT_EQ(report.exercised_by.at(0), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(report.exercised_by.at(2), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(to_json(report).at("untested_rules"), nlohmann::json({"[allow.c]"}));
}

}  // namespace
}  // namespace sallyport
