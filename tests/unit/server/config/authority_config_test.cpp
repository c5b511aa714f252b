#include "server/config/gateway_config.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kMinimal = "version=1\nname=\"a\"\ntrust_domain=\"b\"\npool=\"10.0.0.0/24\"\n";
constexpr std::string_view kCorp =
    "[[authority]]\n"
    "name = \"corp\"\n"
    "certificates = \"/etc/corp.pem\"\n"
    "identity = { user = \"email\", device = \"cn\" }\n"
    "users = [\"*@example.com\"]\n"
    "crl = [\"http://pki.example.com/corp.crl\"]\n";

std::string problems(const std::string& text) {
  const auto config = parse_gateway_config(std::string{kMinimal} + text, "g");
  return config ? std::string{} : to_string(config.error());
}

AuthoritySettings only(const std::string& text) {
  const auto config = parse_gateway_config(std::string{kMinimal} + text, "g");
  if (config && config->authorities.size() == 1) return config->authorities.front();
  ADD_FAILURE() << (config ? "not one" : to_string(config.error()));
  return {};
}

TEST(AuthorityConfig, HasSafeDefaults) {
  const auto corp = only(std::string{kCorp});
  EXPECT_EQ(corp.rules.name, "corp");
  EXPECT_TRUE(corp.rules.crl_required);
  EXPECT_EQ(corp.rules.crl_grace, seconds{0});
  EXPECT_FALSE(corp.enrol_unknown);
  EXPECT_EQ(corp.enrol_unknown_limit, 1000U);
  EXPECT_EQ(corp.crl_interval, minutes{5});
  EXPECT_EQ(corp.crl_timeout, seconds{10});
  EXPECT_EQ(corp.crl_max_size, 8U << 20U);
  EXPECT_TRUE(corp.crl_proxy.empty());
  EXPECT_EQ(corp.rules.identity.user, UserSource::Email);
  EXPECT_EQ(corp.rules.identity.device, DeviceSource::CommonName);
  EXPECT_TRUE(corp.rules.may_name(UserId{"ana@example.com"}));
  EXPECT_FALSE(corp.rules.may_name(UserId{"ana@example.org"}));
  const auto config = parse_gateway_config(kMinimal, "g");
  EXPECT_EQ(config->strand_limit, 0U);
  EXPECT_EQ(config->crl_grace, seconds{0});
  EXPECT_TRUE(config->authorities.empty());
}

TEST(AuthorityConfig, TakesEveryKey) {
  const auto corp = only(std::string{kCorp} + R"(crl_required = false
crl_grace = "10m"
crl_interval = "30s"
crl_timeout = "3s"
crl_max_size = 2
crl_ca = "/etc/web.pem"
crl_proxy = "http://proxy:3128"
enrol_unknown = true
enrol_unknown_limit = 20
)");
  EXPECT_FALSE(corp.rules.crl_required);
  EXPECT_EQ(corp.rules.crl_grace, minutes{10});
  EXPECT_EQ(corp.crl_interval, seconds{30});
  EXPECT_EQ(corp.crl_timeout, seconds{3});
  EXPECT_EQ(corp.crl_max_size, 2U << 20U);
  EXPECT_EQ(corp.crl_ca, "/etc/web.pem");
  EXPECT_EQ(corp.crl_proxy, "http://proxy:3128");
  EXPECT_TRUE(corp.enrol_unknown);
  EXPECT_EQ(corp.enrol_unknown_limit, 20U);
  EXPECT_NE(problems(std::string{kCorp} + "enrol_unknown_limit = 0\n").find("enrol_unknown_limit"), std::string::npos);
}

TEST(AuthorityConfig, ReadsSeveralInTheirOrder) {
  auto second = std::string{kCorp};
  second.replace(second.find("corp\""), 4, "lab");
  const auto config = parse_gateway_config(std::string{kMinimal} + std::string{kCorp} + second, "g");
  ASSERT_TRUE(config) << to_string(config.error());
  ASSERT_EQ(config->authorities.size(), 2U);
  EXPECT_EQ(config->authority("lab"), &config->authorities[1]);
  EXPECT_EQ(config->authority("nobody"), nullptr);
  EXPECT_NE(problems(std::string{kCorp} + std::string{kCorp}).find("there is an authority \"corp\" already"),
            std::string::npos);
}

TEST(AuthorityConfig, ReadsTheWaysToNameADevice) {
  const auto identity = [](const std::string& text) {
    auto authority = std::string{kCorp};
    const auto at = authority.find("{ user");
    authority.replace(at, authority.find('\n', at) - at, text);
    return only(authority).rules.identity;
  };
  const auto both = identity(R"({ uri = "urn:corp:{user}:{device}" })");
  EXPECT_EQ(both.user, UserSource::Uri);
  EXPECT_EQ(both.device, DeviceSource::Uri);
  const auto device = identity(R"({ uri = "urn:corp:{device}" })");
  EXPECT_EQ(device.user, UserSource::Email);
  EXPECT_EQ(device.device, DeviceSource::Uri);
  EXPECT_EQ(identity(R"({ device = "subject_serial" })").device, DeviceSource::SubjectSerial);
  EXPECT_EQ(identity(R"({ device = "certificate_serial" })").device, DeviceSource::CertificateSerial);
  EXPECT_EQ(identity(R"({ uri = "urn:corp:{user}", device = "cn" })").user, UserSource::Uri);
}

struct Mistake {
  const char* replaced;
  const char* by;
  const char* words;
};

class AuthorityMistake : public testing::TestWithParam<Mistake> {};

TEST_P(AuthorityMistake, IsNamedWithItsPlace) {
  auto text = std::string{kCorp};
  const auto at = text.find(GetParam().replaced);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, text.find('\n', at) - at, GetParam().by);
  const auto words = problems(text);
  EXPECT_NE(words.find(GetParam().words), std::string::npos) << words;
  EXPECT_EQ(words.rfind("g:", 0), 0U) << words;
}

INSTANTIATE_TEST_SUITE_P(
    Table, AuthorityMistake,
    testing::Values(
        Mistake{"name =", "", "an authority needs name (add: name = \"corp\")"},
        Mistake{"name =", "name = \"Corp CA\"", "\"Corp CA\" cannot name an authority"},
        Mistake{"certificates", "", "an authority needs certificates"},
        Mistake{"certificates", "certificates = \"corp.pem\"", "certificates must be an absolute path"},
        Mistake{"users", "", "an authority needs users"},
        Mistake{"users", "users = [\"*\"]", "\"*\" is neither an e-mail address nor"},
        Mistake{"users", "users = []", "users must be a list that is not empty"},
        Mistake{"crl =", "", "an authority needs crl"},
        Mistake{"crl =", "crl = \"ftp://x/y\"", "\"ftp://x/y\" is no place of a revocation list"},
        Mistake{"crl =", "crl = \"http://user:secret@pki/x\"", "is no place of a revocation list"},
        Mistake{"crl =", "crl = \"http:///x\"", "is no place of a revocation list"},
        Mistake{"crl =", "crl = \"/x\"\ncrl_interval = \"0s\"", "crl_interval: \"0s\" has no length"},
        Mistake{"crl =", "crl = \"/x\"\ncrl_timeout = \"2m\"", "crl_timeout is at most \"60s\""},
        Mistake{"crl =", "crl = \"/x\"\ncrl_max_size = 9", "crl_max_size must be a whole number from 1 to 8"},
        Mistake{"crl =", "crl = \"/x\"\ncrl_proxy = \"proxy:3128\"", "\"proxy:3128\" is no proxy"},
        Mistake{"crl =", "crl = \"/x\"\ncrl_intervall = \"1m\"",
                "unknown key \"authority.crl_intervall\" (did you mean"},
        Mistake{"identity", "", "an authority needs identity"},
        Mistake{"identity", "identity = \"cn\"", "identity must be a table"},
        Mistake{"identity", "identity = { user = \"email\" }", "identity does not say where the name of the device is"},
        Mistake{"identity", "identity = { device = \"host\" }", "device = \"host\" does not go with the rest"},
        Mistake{"identity", "identity = { device = \"uri\" }", "device = \"uri\" does not go with the rest"},
        Mistake{"identity", "identity = { user = \"uri\", device = \"cn\" }",
                "user = \"uri\" does not go with the rest"},
        Mistake{"identity", "identity = { uri = \"urn:{user}:{device}\", user = \"email\" }",
                "user = \"email\" does not go"},
        Mistake{"identity", "identity = { uri = \"urn:x-{device}\" }",
                "uri has a placeholder that is not a whole part"},
        Mistake{"identity", "identity = { device = \"cn\", host = \"x\" }", "unknown key \"host\" in identity"},
        Mistake{"identity", "identity = { device = 7 }", "device must be a string"}));

TEST(AuthorityConfig, MustBeATable) {
  EXPECT_NE(problems("authority = 7\n").find("authority must be a table"), std::string::npos);
  EXPECT_NE(problems("authority = [7]\n").find("authority must be a table"), std::string::npos);
}

}  // namespace
}  // namespace sallyport
