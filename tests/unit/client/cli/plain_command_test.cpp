#include "client/cli/plain_command.hpp"

#include "client/cli/service_commands.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport {
namespace {

std::optional<PlainCommand> read(const std::vector<const char*>& words) { return plain_command(words); }

TEST(PlainCommand, ReadsTheCommandsOfEveryDay) {
  for (const auto& [word, run] : {std::pair{"up", &run_up}, std::pair{"down", &run_down},
                                  std::pair{"status", &run_status}, std::pair{"posture", &run_posture}}) {
    const auto command = read({word});
    ASSERT_TRUE(command) << word;
    EXPECT_EQ(command->run, run) << word;
    EXPECT_FALSE(command->arguments.json_output);
    EXPECT_EQ(command->arguments.socket, "/run/sallyport/client.sock");
  }
}

TEST(PlainCommand, TakesTheOperandAndTheOptionsWhereverTheyStand) {
  const auto up = read({"--socket", "/run/office.sock", "up", "office", "--json"});
  ASSERT_TRUE(up);
  EXPECT_EQ(up->arguments.profile, "office");
  EXPECT_EQ(up->arguments.socket, "/run/office.sock");
  EXPECT_TRUE(up->arguments.json_output);
  const auto why = read({"why", "--socket", "s", "10.20.4.10:22/tcp"});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->run, run_why_at);
  EXPECT_EQ(why->arguments.to, "10.20.4.10:22/tcp");
}

TEST(PlainCommand, LeavesEverythingElseToTheWholeProgram) {
  const std::vector<std::vector<const char*>> others{{},
                                                     {"--help"},
                                                     {"up", "--help"},
                                                     {"up", "-h"},
                                                     {"--config", "client.toml", "up"},
                                                     {"--socket=s", "up"},
                                                     {"--socket", "s", "--socket", "t", "up"},
                                                     {"up", "--socket"},
                                                     {"up", "--socket", ""},
                                                     {"up", "--"},
                                                     {"--json"},
                                                     {"upp"},
                                                     {"up", ""},
                                                     {"up", "office", "home"},
                                                     {"up", "status"},
                                                     {"down", "office"},
                                                     {"why"},
                                                     {"why", "[fd00:20::1]:443"},
                                                     {"why", "git.example.com:22/tcp"},
                                                     {"why", "10.20.4.10"},
                                                     {"login"},
                                                     {"unlock"},
                                                     {"version"},
                                                     {"enroll", "vpn.example.com"}};
  for (const auto& words : others) {
    std::string said;
    for (const auto* word : words) said.append(word).append(" ");
    EXPECT_FALSE(read(words)) << said;
  }
}

}  // namespace
}  // namespace sallyport
