#include "server/config/gateway_config.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

constexpr std::string_view kMinimal =
    "version = 1\nname = \"vpn.example.com\"\ntrust_domain = \"example.com\"\npool = \"10.99.0.0/24\"\n";

MetricsSettings parsed(const std::string& text) {
  auto config = parse_gateway_config(std::string{kMinimal} + text, "gateway.toml");
  if (config) return config->metrics;
  ADD_FAILURE() << to_string(config.error());
  return {};
}
std::string complaint(const std::string& text) {
  const auto config = parse_gateway_config(std::string{kMinimal} + text, "gateway.toml");
  return config ? std::string{"accepted"} : to_string(config.error());
}

TEST(MetricsConfig, IsOffByDefault) {
  EXPECT_TRUE(parsed("").listen.empty());
  EXPECT_TRUE(parsed("[metrics]\n").listen.empty());
  EXPECT_EQ(parsed("").readers, MetricsReaders::ThisMachine);
}

TEST(MetricsConfig, TakesLoopbackAddressesAsTheyAre) {
  const auto settings = parsed("[metrics]\nlisten = [\"127.0.0.1:9469\", \"[::1]:9469\"]\n");
  ASSERT_EQ(settings.listen.size(), 2U);
  EXPECT_EQ(settings.listen[1].to_string(), "[::1]:9469");
}

TEST(MetricsConfig, WantsWordsForEverythingElse) {
  for (const auto* address : {"0.0.0.0:9469", "[::]:9469", "192.0.2.1:9469", "10.0.0.1:9469"}) {
    const auto listen = "[metrics]\nlisten = \"" + std::string{address} + "\"\n";
    const auto words = complaint(listen);
    EXPECT_TRUE(words.starts_with("gateway.toml:6:10: error: ")) << words;
    EXPECT_NE(words.find("there is no password"), std::string::npos) << words;
    EXPECT_NE(complaint(listen + "readers = \"this_machine\"\n").find("there is no password"), std::string::npos);
    EXPECT_EQ(parsed(listen + "readers = \"everybody_who_connects\"\n").readers, MetricsReaders::Everybody);
  }
}

TEST(MetricsConfig, TakesNoWordForAnother) {
  for (const auto* readers :
       {"\"everybody\"", "\"\"", "\"Everybody_who_connects\"", "true", "1", "[\"everybody_who_connects\"]"}) {
    const auto words = complaint("[metrics]\nlisten = \"0.0.0.0:9469\"\nreaders = " + std::string{readers} + "\n");
    EXPECT_NE(words.find("gateway.toml:7:11: error: "), std::string::npos) << words;
    EXPECT_NE(words.find("gateway.toml:6:10: error: "), std::string::npos) << "and it stays shut: " << words;
  }
}

TEST(MetricsConfig, SaysWhatIsWrong) {
  const auto has = [](const std::string& text, const std::string& words) {
    EXPECT_NE(complaint(text).find(words), std::string::npos) << complaint(text);
  };
  has("[metrics]\nlisten = \"9469\"\n", "is not ADDRESS:PORT");
  has("[metrics]\nlisten = \"[::ffff:127.0.0.1]:9469\"\n", "is not ADDRESS:PORT");
  has("[metrics]\nlisten = 9469\n", "gateway.toml:6:10: error: metrics.listen must be a string or a list of strings");
  has("[metrics]\nlisten = []\n", "must be a list that is not empty");
  has("[metrics]\nlistn = \"127.0.0.1:9469\"\n", "did you mean \"listen\"?");
  has("[metrics]\nlisten = [\"127.0.0.1:1\", \"127.0.0.1:1\"]\n", "is listed twice");
  has("listen = \"127.0.0.1:443\"\n[metrics]\nlisten = \"127.0.0.1:443\"\n", "is taken by another listener already");
  has("[enrolment]\nlisten = \"127.0.0.1:8443\"\n[metrics]\nlisten = \"127.0.0.1:8443\"\n",
      "is taken by another listener");
  has("metrics = true\n", "must be a table");
}

}  // namespace
}  // namespace sallyport
