#include "server/config/gateway_config.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

constexpr std::string_view kMinimal =
    "version = 1\nname = \"vpn.example.com\"\ntrust_domain = \"example.com\"\npool = \"10.99.0.0/24\"\n";

GatewayConfig parsed(const std::string& text) {
  auto config = parse_gateway_config(std::string{kMinimal} + text, "gateway.toml");
  if (config) return *config;
  ADD_FAILURE() << to_string(config.error());
  return {};
}
std::string complaint(const std::string& text) {
  const auto config = parse_gateway_config(std::string{kMinimal} + text, "gateway.toml");
  return config ? std::string{"accepted"} : to_string(config.error());
}

TEST(EnrolmentConfig, IsOffByDefault) { EXPECT_FALSE(parsed("").enrolment); }

TEST(EnrolmentConfig, RenewsWithoutADoorAndWithoutGrace) {
  const auto config = parsed("[enrolment]\n");
  ASSERT_TRUE(config.enrolment);
  EXPECT_TRUE(config.enrolment->listen.empty());
  EXPECT_EQ(config.enrolment->lifetime, std::chrono::days{90});
  EXPECT_EQ(config.enrolment->renew_grace, std::chrono::seconds{0});
  EXPECT_EQ(config.enrolment->ca_certificate, "/var/lib/sallyport/ca/ca.pem");
  EXPECT_EQ(config.enrolment->ca_key, "/var/lib/sallyport/ca/ca.key");
}

TEST(EnrolmentConfig, TakesWhatIsWritten) {
  const auto config = parsed(
      "[enrolment]\nlisten = \"[::]:8443\"\nlifetime = \"90s\"\nrenew_grace = \"14d\"\n"
      "ca_key = \"/secure/ca.key\"\nca_certificate = \"/secure/ca.pem\"\n");
  ASSERT_TRUE(config.enrolment);
  EXPECT_EQ(config.enrolment->listen.at(0).to_string(), "[::]:8443");
  EXPECT_EQ(config.enrolment->lifetime, std::chrono::seconds{90});
  EXPECT_EQ(config.enrolment->renew_grace, std::chrono::days{14});
  EXPECT_EQ(config.enrolment->ca_key, "/secure/ca.key");
  EXPECT_EQ(config.enrolment->ca_certificate, "/secure/ca.pem");
}

TEST(EnrolmentConfig, SaysWhatIsWrong) {
  const auto has = [](const std::string& text, const std::string& words) {
    EXPECT_NE(complaint(text).find(words), std::string::npos) << complaint(text);
  };
  has("[enrolment]\nlifetime = \"30s\"\n", "no certificate lives less than a minute");
  has("[enrolment]\nlifetime = 90\n", "lifetime must be a string");
  has("[enrolment]\nlifetime = \"soon\"\n", "is no duration");
  has("[enrolment]\nrenew_grace = \"14\"\n", "is no duration");
  has("[enrolment]\nlisten = \"8443\"\n", "is not ADDRESS:PORT");
  has("[enrolment]\nlisten = \"[::]:443\"\n", "is where clients connect already");
  has("[enrolment]\nca_key = \"ca.key\"\n", "must be an absolute path");
  has("[enrolment]\nlisten_on = \"[::]:1\"\n", "unknown key");
  has("enrolment = true\n", "must be a table");
}

}  // namespace
}  // namespace sallyport
