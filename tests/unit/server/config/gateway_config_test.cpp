#include "server/config/gateway_config.hpp"

#include "server/config/config_reference.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>

namespace sallyport {
namespace {

constexpr std::string_view kMinimal =
    "version      = 1\n"
    "name         = \"VPN.example.com\"\n"
    "trust_domain = \"example.com\"\n"
    "pool         = [\"10.99.0.0/24\", \"fd12:3456:789a::/64\"]\n";

GatewayConfig parsed(const std::string& text) {
  auto config = parse_gateway_config(text, "gateway.toml");
  if (config) return *config;
  ADD_FAILURE() << to_string(config.error());
  return {};
}

TEST(GatewayConfig, FillsInSafeDefaults) {
  const auto config = parsed(std::string{kMinimal});
  EXPECT_EQ(config.name, "vpn.example.com");
  EXPECT_EQ(config.trust_domain, "example.com");
  ASSERT_EQ(config.listen.size(), 1U);
  EXPECT_EQ(config.listen.at(0).to_string(), "[::]:443");
  EXPECT_EQ(config.pool.v4, IpPrefix::parse("10.99.0.0/24"));
  EXPECT_EQ(config.pool.v6, IpPrefix::parse("fd12:3456:789a::/64"));
  EXPECT_EQ(config.pool.prefixes().size(), 2U);
  EXPECT_EQ(config.policy_directory, "/etc/sallyport/policy.d");
  EXPECT_EQ(config.certificate, "/var/lib/sallyport/gateway.pem");
  EXPECT_EQ(config.key, "/var/lib/sallyport/gateway.key");
  EXPECT_EQ(config.ca, "/var/lib/sallyport/ca/ca.pem");
  EXPECT_EQ(config.crl, "/var/lib/sallyport/crl.pem");
  EXPECT_EQ(config.crl_number, "/var/lib/sallyport/crl.number");
  EXPECT_EQ(config.audit, "/var/lib/sallyport/audit.jsonl");
  EXPECT_EQ(config.database(), "/var/lib/sallyport/gateway.db");
  EXPECT_EQ(config.control_socket(), "/run/sallyport/gateway.sock");
  EXPECT_TRUE(config.crl_required);
  EXPECT_FALSE(config.masquerade);
  EXPECT_EQ(config.tun, (TunSettings{"sallyport0", 1500}));
  EXPECT_EQ(config.limits, (GatewayLimits{20, 5, 512, 1000}));
  EXPECT_EQ(config.threads, (ThreadSettings{std::nullopt, 1}));
}

TEST(GatewayConfig, TakesEveryKeyThatItDocuments) {
  const auto config = parsed(std::string{kMinimal} + R"(listen       = ["192.0.2.1:443", "[2001:db8::1]:8443"]
policy       = "/p/"
state        = "/s"
runtime      = "/r"
certificate  = "/c/gw.pem"
key          = "/c/gw.key"
ca           = "/c/ca.pem"
crl          = "/c/crl.pem"
crl_required = false
audit        = "/a/audit.jsonl"
masquerade   = "eth1"
tun          = { name = "sally1", mtu = 1280 }
[limits]
handshakes_per_second_per_source = 1
burst = 2
half_open = 3
sessions = 4
[threads]
workers = 8
handshakes = 2
)");
  ASSERT_EQ(config.listen.size(), 2U);
  EXPECT_EQ(config.listen.at(1).to_string(), "[2001:db8::1]:8443");
  EXPECT_EQ(config.policy_directory, "/p");
  EXPECT_EQ(config.control_socket(), "/r/gateway.sock");
  EXPECT_EQ(config.crl_number, "/s/crl.number");
  EXPECT_EQ(config.database(), "/s/gateway.db");
  EXPECT_EQ(config.certificate, "/c/gw.pem");
  EXPECT_FALSE(config.crl_required);
  EXPECT_EQ(config.masquerade, MasqueradeSettings{"eth1"});
  EXPECT_EQ(config.tun, (TunSettings{"sally1", 1280}));
  EXPECT_EQ(config.limits, (GatewayLimits{1, 2, 3, 4}));
  EXPECT_EQ(config.threads, (ThreadSettings{8, 2}));
}

TEST(GatewayConfig, TakesTheAuditFileAsAKeyOrAsASection) {
  EXPECT_EQ(parsed(std::string{kMinimal}).audit_settings,
            (AuditSettings{OnAuditFull::RefuseNew, std::chrono::seconds{60}, 64, 50}));
  EXPECT_EQ(parsed(std::string{kMinimal} + "audit = \"/a/x\"\n").audit, "/a/x");
  const auto config = parsed(std::string{kMinimal} +
                             "[audit]\nfile = \"/a/y\"\non_full = \"continue\"\ngrace = \"5m\"\n"
                             "file_mib = 8\nfiles = 3\n");
  EXPECT_EQ(config.audit, "/a/y");
  EXPECT_EQ(config.audit_settings, (AuditSettings{OnAuditFull::Continue, std::chrono::seconds{300}, 8, 3}));
}

TEST(GatewayConfig, AcceptsTheExampleOfEveryReferenceLine) {
  std::map<std::string_view, std::string> tables;
  for (const auto& key : gateway_config_keys()) {
    tables[key.table] += std::string{key.name} + " = " + std::string{key.example} + '\n';
    EXPECT_FALSE(key.meaning.empty()) << key.name;
  }
  std::string text;
  for (const auto& [table, lines] : tables) text += (table.empty() ? "" : '[' + std::string{table} + "]\n") + lines;
  const auto config = parsed(text);
  EXPECT_EQ(config.masquerade, MasqueradeSettings{});
  EXPECT_NE(gateway_config_reference().find("[limits] half_open"), std::string::npos);
}

TEST(GatewayConfig, TakesACongestionControlByNameAndNothingThatCannotBeOne) {
  EXPECT_EQ(parsed(std::string{kMinimal}).congestion, "bbr");
  EXPECT_EQ(parsed(std::string{"congestion = \"system\"\n"} + std::string{kMinimal}).congestion, "system");
  EXPECT_EQ(parsed(std::string{"congestion = \"cubic\"\n"} + std::string{kMinimal}).congestion, "cubic");
  for (const char* name : {"", "BBR", "bbr;reboot", "abcdefghijklmnop"}) {
    const auto config =
        parse_gateway_config("congestion = \"" + std::string{name} + "\"\n" + std::string{kMinimal}, "f");
    ASSERT_FALSE(config) << name;
    EXPECT_NE(to_string(config.error()).find("congestion control"), std::string::npos);
  }
}

TEST(GatewayConfig, AcceptsASinglePrefixAndASingleListener) {
  const auto config = parsed(
      "version=1\nname=\"a\"\ntrust_domain=\"b\"\npool=\"10.0.0.0/30\"\nlisten=\"127.0.0.1:1\"\nmasquerade=false\n");
  EXPECT_FALSE(config.pool.v6);
  EXPECT_FALSE(config.masquerade);
  EXPECT_EQ(config.pool.prefixes(), std::vector{*IpPrefix::parse("10.0.0.0/30")});
}

/// A line added behind the minimal file, which has four, and all that is said about it.
struct Mistake {
  const char* line;
  const char* complaint;
};

class GatewayConfigMistake : public testing::TestWithParam<Mistake> {};

TEST_P(GatewayConfigMistake, IsNamedWithPlaceAndRemedy) {
  const auto config = parse_gateway_config(std::string{kMinimal} + GetParam().line, "gateway.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()), std::string{GetParam().complaint} + '\n');
}

INSTANTIATE_TEST_SUITE_P(
    Table, GatewayConfigMistake,
    testing::Values(
        Mistake{"polcy = \"/p\"", "gateway.toml:5:1: error: unknown key \"polcy\" (did you mean \"policy\"?)"},
        Mistake{"zzzzzzzz = 1", "gateway.toml:5:1: error: unknown key \"zzzzzzzz\""},
        Mistake{"mtu = 1400", "gateway.toml:5:1: error: unknown key \"mtu\" (it belongs below [tun])"},
        Mistake{"[tun]\npolicy = \"/p\"",
                "gateway.toml:6:1: error: unknown key \"tun.policy\" (it belongs above the first line in brackets)"},
        Mistake{"[tun]\nmtv = 1400", "gateway.toml:6:1: error: unknown key \"tun.mtv\" (did you mean \"mtu\"?)"},
        Mistake{"[limit]\nburst = 4", "gateway.toml:5:2: error: unknown key \"limit\" (did you mean \"limits\"?)"},
        Mistake{"tun = 4", "gateway.toml:5:1: error: tun must be a table (write: [tun])"},
        Mistake{"[[limits]]", "gateway.toml:5:3: error: limits must be a table (write: [limits])"},
        Mistake{"audit = 4", "gateway.toml:5:1: error: audit must be a table (write: [audit])"},
        Mistake{"[audit]\non_full = \"ignore\"",
                "gateway.toml:6:11: error: \"ignore\" says nothing (\"refuse_new\" or \"continue\")"},
        Mistake{"[audit]\nfiles = 1", "gateway.toml:6:9: error: audit.files must be a whole number from 2 to 5000"},
        Mistake{"listen = \"192.0.2.1\"",
                "gateway.toml:5:10: error: \"192.0.2.1\" is not ADDRESS:PORT (did you mean "
                "\"192.0.2.1:443\"?)"},
        Mistake{"listen = [\"[::]:443\", \"0.0.0.0:65536\"]",
                "gateway.toml:5:23: error: \"0.0.0.0:65536\" is not ADDRESS:PORT (examples: \"[::]:443\" (everywhere), "
                "\"192.0.2.1:443\", \"[2001:db8::1]:443\")"},
        Mistake{"listen = [\"[::]:443\", \"[0::0]:443\"]", "gateway.toml:5:23: error: [::]:443 is listed twice"},
        Mistake{"listen = []", "gateway.toml:5:10: error: listen must be a list that is not empty"},
        Mistake{"listen = 443", "gateway.toml:5:10: error: listen must be a string or a list of strings"},
        Mistake{"listen = [443]", "gateway.toml:5:11: error: listen must be a list of strings"},
        Mistake{"policy = \"policy.d\"",
                "gateway.toml:5:10: error: policy must be an absolute path (start it with \"/\")"},
        Mistake{"key = 7", "gateway.toml:5:7: error: key must be a string"},
        Mistake{"crl_required = \"no\"", "gateway.toml:5:16: error: crl_required must be true or false"},
        Mistake{"masquerade = \"eth 0\"",
                "gateway.toml:5:14: error: \"eth 0\" cannot name an interface (at most 15 "
                "letters, digits, '-', '_' and '.')"},
        Mistake{"masquerade = 1",
                "gateway.toml:5:14: error: masquerade must be true, false or the name of an interface"},
        Mistake{"tun.name = \"sixteen-letters-\"",
                "gateway.toml:5:12: error: \"sixteen-letters-\" cannot name an "
                "interface (at most 15 letters, digits, '-', '_' and '.')"},
        Mistake{"tun.mtu = 1279", "gateway.toml:5:11: error: tun.mtu must be a whole number from 1280 to 65535"},
        Mistake{"tun.mtu = 1400.0", "gateway.toml:5:11: error: tun.mtu must be a whole number from 1280 to 65535"},
        Mistake{"limits.sessions = 0",
                "gateway.toml:5:19: error: limits.sessions must be a whole number from 1 to 1000000"},
        Mistake{"limits.burst = -1", "gateway.toml:5:16: error: limits.burst must be a whole number from 1 to 1000000"},
        Mistake{"threads.workers = 0", "gateway.toml:5:19: error: threads.workers must be a whole number from 1 to 32"},
        Mistake{"threads.workers = \"all\"",
                "gateway.toml:5:19: error: threads.workers must be a whole number from 1 to 32"},
        Mistake{"threads.handshakes = 17",
                "gateway.toml:5:22: error: threads.handshakes must be a whole number from 1 to 16"},
        Mistake{"workers = 2", "gateway.toml:5:1: error: unknown key \"workers\" (it belongs below [threads])"}));

TEST(GatewayConfig, ReportsAllMistakesInOrderOfLine) {
  const auto config = parse_gateway_config("nam = \"a\"\nversion = 2\npool = \"x\"\ntrust_domain = \"-\"\n", "g");
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()),
            "g: error: name is missing (add: name = \"vpn.example.com\")\n"
            "g:1:1: error: unknown key \"nam\" (did you mean \"name\"?)\n"
            "g:2:11: error: this program reads version 1 of this file only (write: version = 1)\n"
            "g:3:8: error: \"x\" is not a network prefix (example: \"10.99.0.0/24\")\n"
            "g:4:16: error: \"-\" is not a host name (example: \"vpn.example.com\")\n");
}

TEST(GatewayConfig, NamesEveryRequiredKeyThatIsMissing) {
  const auto config = parse_gateway_config("", "g");
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), 4U);
  EXPECT_EQ(config.error().at(0).message, "version is missing");
  EXPECT_EQ(config.error().at(3).message, "pool is missing");
}

TEST(GatewayConfig, PointsAtWhatIsNotToml) {
  const auto config = parse_gateway_config(std::string{kMinimal} + "key = \"/a\"\nkey = \"/b\"\n", "g");
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), 1U);
  EXPECT_EQ(config.error().at(0).line, 6U);
}

TEST(GatewayConfig, RefusesAnAddressAsName) {
  const auto config =
      parse_gateway_config("version=1\nname=\"192.0.2.1\"\ntrust_domain=\"b\"\npool=\"10.0.0.0/8\"", "g");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().at(0).line, 2U);
}

TEST(GatewayConfig, RefusesARuntimeDirectoryWhoseSocketNobodyCouldOpen) {
  const auto text = std::string{kMinimal} + "runtime = \"/" + std::string(95, 'r') + "\"\n";
  const auto config = parse_gateway_config(text, "g");
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()),
            "g:5:11: error: runtime is too long for the path of a socket (at most 94 characters)\n");
}

TEST(GatewayConfig, KeepsControlCharactersAwayFromTheTerminal) {
  const auto config = parse_gateway_config(std::string{kMinimal} + "\"\\u001b[2J\" = 1\nlisten = \"\\u001b[2J\"", "g");
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()).find('\x1b'), std::string::npos);
}

TEST(GatewayConfig, ReadsAFileThatOnlyItsOwnerMayWrite) {
  const TemporaryDirectory directory;
  const auto path = directory.file("gateway.toml");
  std::ofstream{path} << kMinimal;
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_TRUE(load_gateway_config(path));
  ASSERT_EQ(::chmod(path.c_str(), 0664), 0);
  const auto refused = load_gateway_config(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(to_string(refused.error()), path + ": error: others may write it; run: chmod go-w " + path + "\n");
}

TEST(GatewayConfig, SaysThatAFileIsMissing) {
  const auto config = load_gateway_config("/nonexistent/gateway.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().at(0).file, "/nonexistent/gateway.toml");
}

}  // namespace
}  // namespace sallyport
