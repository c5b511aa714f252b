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

/// "everyone: git=allowed[open]; group staff: ...": every row with its own cells; * marks a part, < an overlap.
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
        rules += each.through == kItself ? "" : each.whole ? "<" : "*";
      }
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
            "everyone: wiki=allowed[a]; group idle: wiki=denied[a b]");
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

TEST(PolicyReport, BoundsTheRulesOfOneCellButJudgesByAllOfThem) {
  std::string rules;
  for (int i = 0; i < 30; ++i)
    rules += "[allow.r" + std::to_string(10 + i) + "]\nwho = \"everyone\"\nto = \"wiki\"\nfrom = \"offices\"\n";
  const auto report = report_of(rules + "[deny.z]\nwho = \"everyone\"\nto = \"wiki\"\n");
  const auto& cell = report.rows.front().cells.front();
  EXPECT_EQ(cell.rules.size(), kMaxCellRules);
  EXPECT_EQ(cell.left_off, 31 - kMaxCellRules);
  EXPECT_EQ(cell.answer, CellAnswer::Denied);
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
