#include "client/cli/up_words.hpp"

#include "client/cli/plain_command.hpp"
#include "client/cli/service_commands.hpp"
#include "client/config/client_config.hpp"
#include "common/ipc/message.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {
namespace {

struct Question {
  std::string socket;
  std::string request;
};

/// What is asked before main() begins; nullopt: nothing.
std::optional<Question> ask_early(std::vector<const char*> words) {
  words.push_back(nullptr);
  UpWords up;
  if (!read_up_words(words.data(), up)) return std::nullopt;
  char request[kLongestUpRequest];
  const auto size = write_up_request(up, request);
  if (size == 0) return std::nullopt;
  return Question{up.socket == nullptr ? kUsualSocket : up.socket, std::string{request, size}};
}

std::string request_of(const Arguments& arguments) {
  nlohmann::json request{{"v", 1}, {"do", "up"}};
  if (!arguments.profile.empty()) request["profile"] = arguments.profile;
  return to_line(request);
}

TEST(UpWords, AsksForTheOnlyProfileOrTheOneThatIsNamed) {
  EXPECT_EQ(ask_early({"up"})->request, "{\"do\":\"up\",\"v\":1}\n");
  EXPECT_EQ(ask_early({"up"})->socket, ClientConfig{}.socket_path());
  const auto asked = ask_early({"--json", "--socket", "/run/office.sock", "up", "office"});
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->request, "{\"do\":\"up\",\"profile\":\"office\",\"v\":1}\n");
  EXPECT_EQ(asked->socket, "/run/office.sock");
}

TEST(UpWords, AsksNothingThatTheWholeCommandLineHasToLookAt) {
  const std::string long_name(kLongestUpRequest, 'a');
  const std::vector<std::vector<const char*>> others{{},
                                                     {"status"},
                                                     {"upp"},
                                                     {"u"},
                                                     {"up", "--help"},
                                                     {"up", ""},
                                                     {"up", "of\"fice"},
                                                     {"up", "office", "home"},
                                                     {"up", "down"},
                                                     {"--socket"},
                                                     {"--socket", "up"},
                                                     {"up", "--socket"},
                                                     {"--socket", "s", "--socket", "t", "up"},
                                                     {"up", long_name.c_str()}};
  for (const auto& words : others) {
    std::string said;
    for (const auto* word : words) said.append(word).append(" ");
    EXPECT_FALSE(ask_early(words)) << said;
  }
}

/// Whatever is asked early is what the program would have asked in its main().
TEST(UpWords, AskWhatTheCommandWouldAsk) {
  constexpr std::array kWords{"up", "up",       "up", "--json", "--socket", "/run/s.sock", "s",      "office",
                              "-h", "--help",   "",   "down",   "status",   "login",       "a b",    "office-2",
                              "@",  "--socket", "--", "-",      "why",      "enroll",      "up\nup", "\xc3\xa9"};
  std::mt19937 random{20261128};
  int asked = 0;
  for (int turn = 0; turn < 50'000; ++turn) {
    std::vector<const char*> words(random() % 5);
    for (auto& word : words) word = kWords[random() % kWords.size()];
    const auto early = ask_early(words);
    const auto command = plain_command(words);
    ASSERT_EQ(early.has_value(), command && command->run == run_up);
    if (!early) continue;
    ++asked;
    EXPECT_EQ(early->socket, command->arguments.socket);
    EXPECT_EQ(early->request, request_of(command->arguments));
  }
  EXPECT_GT(asked, 1000);
}

}  // namespace
}  // namespace sallyport
