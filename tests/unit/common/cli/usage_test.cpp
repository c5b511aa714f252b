#include "common/cli/usage.hpp"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <array>

namespace sallyport {
namespace {

using Words = std::vector<std::string>;

constexpr std::array kSynonyms{Synonym{"connect", "up"}};

/// What is said of a small program's command line; empty when it parses.
UsageFault fault_of(const Words& arguments) {
  CLI::App app{"A program.", "prog"};
  app.require_subcommand(1);
  std::string config;
  bool json = false;
  app.add_option("--config", config);
  app.add_flag("--json", json);
  auto* up = app.add_subcommand("up");
  up->fallthrough();
  int days = 0;
  up->add_option("--days", days)->check(CLI::Range(1, 9));
  auto* devices = app.add_subcommand("devices");
  devices->require_subcommand(1);
  devices->add_subcommand("list");
  auto* enroll = app.add_subcommand("enroll");
  std::string gateway;
  enroll->add_option("GATEWAY", gateway);
  enroll->add_subcommand("request");
  try {
    app.parse(Words{arguments.rbegin(), arguments.rend()});
  } catch (const CLI::ParseError& error) {
    return explain_usage(app, error, arguments, kSynonyms);
  }
  return {};
}

TEST(ExplainUsage, SaysNothingOfWhatParses) { EXPECT_EQ(fault_of({"up", "--days", "3"}).words, ""); }

TEST(ExplainUsage, NamesTheOptionThatIsNoneAndTheOneThatWasMeant) {
  const auto fault = fault_of({"up", "--jsno"});
  EXPECT_EQ(fault.words, "there is no option \"--jsno\"");
  EXPECT_EQ(fault.hint, "did you mean \"--json\"? run: prog up --help");
  EXPECT_EQ(fault_of({"--confg=x", "up"}).words, "there is no option \"--confg\"");
  EXPECT_EQ(fault_of({"up", "-v"}).words, "there is no option \"-v\"");
}

TEST(ExplainUsage, TakesNoValueOfAnOptionForACommand) {
  EXPECT_EQ(fault_of({"--config", "file", "nonsense"}).words, "there is no command \"nonsense\"");
  EXPECT_EQ(fault_of({"--config=file", "nonsense"}).words, "there is no command \"nonsense\"");
}

TEST(ExplainUsage, GuessesCommandsByTheirNamesInOtherPrograms) {
  EXPECT_EQ(fault_of({"connect"}).hint, "did you mean \"up\"? run: prog --help");
  EXPECT_EQ(fault_of({"device"}).hint, "did you mean \"devices\"? run: prog --help");
}

TEST(ExplainUsage, ListsTheCommandsWhereOneIsMissing) {
  EXPECT_EQ(fault_of({}).words, "a command is missing");
  EXPECT_EQ(fault_of({}).hint, "one of: up, devices, enroll; run: prog --help");
  EXPECT_EQ(fault_of({"devices"}).hint, "one of: list; run: prog devices --help");
}

TEST(ExplainUsage, DoesNotTakeAnOperandForACommand) {
  EXPECT_EQ(fault_of({"enroll", "vpn.example.com", "--pni", "x"}).words, "there is no option \"--pni\"");
}

TEST(ExplainUsage, SaysWhichOptionLacksItsValue) {
  EXPECT_NE(fault_of({"--config"}).words.find("--config"), std::string::npos);
}

TEST(ExplainUsage, KeepsTheParsersWordsOfAValueOutOfRange) {
  EXPECT_NE(fault_of({"up", "--days", "77"}).words.find("77"), std::string::npos);
  EXPECT_EQ(fault_of({"up", "--days", "77"}).hint, "run: prog up --help");
}

TEST(ExplainUsage, MakesWhatWasTypedPrintable) {
  EXPECT_EQ(fault_of({"a\x1b[31m"}).words, "there is no command \"a\\x1b[31m\"");
}

TEST(WithHelpWord, PutsHelpWhereTheParserKnowsIt) {
  EXPECT_EQ(with_help_word({"help", "devices", "list"}), (Words{"devices", "list", "--help"}));
  EXPECT_EQ(with_help_word({"help"}), Words{"--help"});
  EXPECT_EQ(with_help_word({"why", "help"}), (Words{"why", "help"}));
  EXPECT_EQ(with_help_word({}), Words{});
}

}  // namespace
}  // namespace sallyport
