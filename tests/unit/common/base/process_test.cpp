#include "common/base/process.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

TEST(FindProgram, LooksInTheDirectoriesOfTheSystem) {
  EXPECT_TRUE(find_program("sh").has_value());
  EXPECT_EQ(find_program("no-such-program"), std::nullopt);
  EXPECT_EQ(find_program("/bin/x"), "/bin/x");
}

TEST(RunProcess, GivesInputAndTakesOutput) {
  const auto outcome = run_process({.argv = {"cat"}, .input = "hello"}).value();
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "hello");
  EXPECT_EQ(outcome.errors, "");
}

TEST(RunProcess, CanHaveItsInputOpenedByName) {
  EXPECT_EQ(run_process({.argv = {"cat", "/dev/stdin"}, .input = "hello"}).value().output, "hello");
}

TEST(RunProcess, PassesArgumentsAsTheyAre) {
  const auto outcome = run_process({.argv = {"printf", "%s|", "a b", "$(id)", "*", ""}}).value();
  EXPECT_EQ(outcome.output, "a b|$(id)|*||");
}

TEST(RunProcess, TellsTheExitCodeAndTheSignal) {
  const auto failed = run_process({.argv = {"sh", "-c", "echo no >&2; exit 3"}}).value();
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_EQ(failed.errors, "no\n");
  EXPECT_EQ(run_process({.argv = {"sh", "-c", "kill -TERM $$"}}).value().exit_code, 128 + 15);
}

TEST(RunProcess, KeepsNoMoreOutputThanAskedFor) {
  const auto outcome =
      run_process({.argv = {"sh", "-c", "yes | head -c 1000000; exit 4"}, .output_limit = 1000}).value();
  EXPECT_EQ(outcome.output.size(), 1000U);
  EXPECT_EQ(outcome.exit_code, 4);
}

TEST(RunProcess, KillsAProgramThatDoesNotEnd) {
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = run_process({.argv = {"sh", "-c", "sleep 30 & sleep 30"}, .deadline = 100ms});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ETIMEDOUT);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(RunProcess, DoesNotWaitForWhatTheProgramLeftBehind) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run_process({.argv = {"sh", "-c", "sleep 3 & echo done"}}).value().output, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
}

TEST(RunProcess, ShowsTheProgramNothingOfOurs) {
  ::setenv("SECRET", "x", 1);
  const auto outcome = run_process({.argv = {"sh", "-c", "env; ls /proc/self/fd | wc -l"}}).value();
  EXPECT_EQ(outcome.output.find("SECRET"), std::string::npos);
  // Three streams, and the one with which ls reads the directory.
  EXPECT_NE(outcome.output.find("\n4\n"), std::string::npos) << outcome.output;
}

TEST(RunProcess, SaysWhenTheProgramIsNotThere) {
  EXPECT_EQ(run_process({.argv = {"no-such-program"}}).error().message, "no-such-program is not installed");
  EXPECT_FALSE(run_process({.argv = {"/no/such/program"}}).has_value());
  EXPECT_FALSE(run_process({}).has_value());
}

}  // namespace
}  // namespace sallyport
