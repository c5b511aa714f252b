#include "server/config/gateway_config.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::string_view kMinimal = "version=1\nname=\"a\"\ntrust_domain=\"b\"\npool=\"10.0.0.0/24\"\n";

SessionSettings parsed(const std::string& text) {
  const auto config = parse_gateway_config(std::string{kMinimal} + "[sessions]\n" + text, "g");
  if (config) return config->sessions;
  ADD_FAILURE() << to_string(config.error());
  return {};
}

std::string complaint(const std::string& text) {
  const auto config = parse_gateway_config(std::string{kMinimal} + "[sessions]\n" + text, "g");
  return config ? "none" : to_string(config.error());
}

TEST(SessionConfig, HasDefaultsThatSuitAnOffice) {
  const auto settings = parsed("");
  EXPECT_EQ(settings.lifetime, hours{12});
  EXPECT_EQ(settings.idle_limit, std::nullopt);
  EXPECT_EQ(settings.dead_peer, seconds{30});
  EXPECT_EQ(settings.per_user, std::nullopt);
  EXPECT_EQ(settings.per_user_full, PerUserFull::Refuse);
  EXPECT_EQ(settings.source_change, SourceChange::Audit);
}

TEST(SessionConfig, TakesEveryKey) {
  const auto settings = parsed(
      "lifetime = \"8h\"\nidle_limit = \"30m\"\ndead_peer = \"5s\"\nper_user = 2\nper_user_full = \"end_oldest\"\n"
      "source_change = \"refuse\"\n");
  EXPECT_EQ(settings.lifetime, hours{8});
  EXPECT_EQ(settings.idle_limit, std::chrono::minutes{30});
  EXPECT_EQ(settings.dead_peer, seconds{5});
  EXPECT_EQ(settings.per_user, 2U);
  EXPECT_EQ(settings.per_user_full, PerUserFull::EndOldest);
  EXPECT_EQ(settings.source_change, SourceChange::Refuse);
}

TEST(SessionConfig, TakesNoneForNoLimit) {
  const auto settings = parsed("lifetime = \"none\"\nidle_limit = \"none\"\n");
  EXPECT_EQ(settings.lifetime, std::nullopt);
  EXPECT_EQ(settings.idle_limit, std::nullopt);
}

TEST(SessionConfig, AnUnknownRuleIsAMistakeAndNeverADefault) {
  EXPECT_EQ(complaint("source_change = \"alow\"\n"),
            "g:6:17: error: source_change cannot be \"alow\" (one of \"allow\", \"audit\", \"prove\", \"refuse\")\n");
  EXPECT_EQ(complaint("per_user_full = \"newest\"\n"),
            "g:6:17: error: per_user_full cannot be \"newest\" (one of \"refuse\", \"end_oldest\")\n");
  EXPECT_EQ(complaint("source_change = \"\"\n").substr(0, 11), "g:6:17: err");
  EXPECT_EQ(complaint("source_change = true\n"), "g:6:17: error: sessions.source_change must be a string\n");
}

TEST(SessionConfig, NamesTimesThatMakeNoSense) {
  EXPECT_EQ(complaint("lifetime = \"1s\"\n"),
            "g:6:12: error: lifetime: too short (at least \"2s\", or \"none\" for no limit)\n");
  EXPECT_NE(complaint("lifetime = \"12\"\n"), "none");
  EXPECT_NE(complaint("idle_limit = \"0s\"\n"), "none");
  EXPECT_NE(complaint("idle_limit = 0\n"), "none");
  EXPECT_EQ(complaint("dead_peer = \"1h\"\n"), "g:6:13: error: dead_peer must be from 3s to 10m (usual: \"30s\")\n");
  EXPECT_NE(complaint("dead_peer = \"none\"\n"), "none");
  EXPECT_NE(complaint("per_user = 0\n"), "none");
}

}  // namespace
}  // namespace sallyport
