#include "client/config/client_config_loader.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sallyport {
namespace {

std::string complaints(std::string_view text) {
  const auto config = parse_client_config(text, "client.toml");
  return config ? "accepted" : to_string(config.error());
}

TEST(ClientConfig, NeedsOnlyAGatewayAndFillsInTheRest) {
  const auto config = parse_client_config("version = 1\n[profile.office]\ngateway = \"VPN.example.com:8443\"\n", "f");
  ASSERT_TRUE(config) << to_string(config.error());
  const auto& profile = config->profiles.at("office");
  EXPECT_EQ(profile.name, "office");
  EXPECT_EQ(profile.gateway, (GatewayEndpoint{"vpn.example.com", 8443}));
  EXPECT_EQ(profile.server_name, "vpn.example.com");
  EXPECT_EQ(profile.ca, "/var/lib/sallyport-client/ca.pem");
  EXPECT_EQ(profile.certificate, "/var/lib/sallyport-client/device.pem");
  EXPECT_EQ(profile.key, "/var/lib/sallyport-client/device.key");
  EXPECT_EQ(profile.interface, "sallyport");
  EXPECT_TRUE(profile.allow_routes.empty());
  EXPECT_FALSE(profile.allow_default_route);
  EXPECT_EQ(config->socket_path(), "/run/sallyport/client.sock");
  EXPECT_EQ(config->journal_path(), "/var/lib/sallyport-client/journal.json");
}

TEST(ClientConfig, TakesACongestionControlByNameAndNothingThatCannotBeOne) {
  const std::string profile = "version = 1\n[profile.office]\ngateway = \"vpn.example.com:443\"\n";
  EXPECT_EQ(parse_client_config(profile, "f")->profiles.at("office").congestion, "bbr");
  EXPECT_EQ(parse_client_config(profile + "congestion = \"system\"\n", "f")->profiles.at("office").congestion,
            "system");
  EXPECT_NE(complaints(profile + "congestion = \"B B R\"\n").find("congestion control"), std::string::npos);
}

TEST(ClientConfig, TakesEveryKeyThatItDocuments) {
  const auto config = parse_client_config(R"(version = 1
state   = "/s"
runtime = "/r"
[profile.lab-2]
gateway     = "[2001:db8::1]"
name        = "GW.example.com"
ca          = "/c/ca.pem"
certificate = "/c/d.pem"
key         = "/c/d.key"
interface   = "sally1"
allow_routes = ["10.20.0.0/16", "fd00:20::/48"]
allow_default_route = true
)",
                                          "f");
  ASSERT_TRUE(config) << to_string(config.error());
  const auto& profile = config->profiles.at("lab-2");
  EXPECT_EQ(profile.gateway.to_string(), "[2001:db8::1]:443");
  EXPECT_EQ(profile.server_name, "gw.example.com");
  EXPECT_EQ(profile.key, "/c/d.key");
  EXPECT_EQ(profile.interface, "sally1");
  EXPECT_EQ(profile.allow_routes.size(), 2U);
  EXPECT_TRUE(profile.allow_default_route);
  EXPECT_EQ(config->socket_path(), "/r/client.sock");
}

TEST(ClientConfig, PutsFilesOfAProfileUnderTheStateDirectoryWrittenInTheSameFile) {
  const auto config = parse_client_config("version = 1\nstate = \"/s\"\n[profile.a]\ngateway = \"g.example\"\n", "f");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->profiles.at("a").key, "/s/device.key");
}

TEST(ClientConfig, ReportsEveryMistakeInTheOrderOfTheFile) {
  EXPECT_EQ(complaints("version = 1\nstat = \"/x\"\n[profile.a]\ngateway = 7\nkeyy = \"/k\"\n"),
            "client.toml:2:1: error: unknown key \"stat\" (did you mean \"state\"?)\n"
            "client.toml:4:11: error: profile.a.gateway must be a string\n"
            "client.toml:5:1: error: unknown key \"profile.a.keyy\" (did you mean \"key\"?)\n");
}

struct Mistake {
  const char* name;
  const char* text;
  const char* complaint;
};

class ClientConfigMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ClientConfigMistake, IsNamedWithItsPlaceAndARemedy) {
  EXPECT_EQ(complaints(GetParam().text), std::string{GetParam().complaint} + '\n');
}

#define PROFILE "version = 1\n[profile.a]\ngateway = \"g.example\"\n"

INSTANTIATE_TEST_SUITE_P(
    Table, ClientConfigMistake,
    testing::Values(
        Mistake{"NoVersion", "[profile.a]\ngateway = \"g.example\"\n",
                "client.toml: error: the version of this file's format is missing (add as the first line: version = "
                "1)"},
        Mistake{"VersionFromTheFuture", "version = 2\n",
                "client.toml:1:11: error: this program reads version 1 only (write: version = 1)"},
        Mistake{"VersionAsText", "version = \"1\"\n",
                "client.toml:1:11: error: this program reads version 1 only (write: version = 1)"},
        Mistake{"NoGateway", "version = 1\n[profile.a]\nname = \"g.example\"\n",
                "client.toml:2:1: error: profile.a.gateway is missing (add: gateway = \"vpn.example.com:443\")"},
        Mistake{"PortZero", "version = 1\n[profile.a]\ngateway = \"g.example:0\"\n",
                "client.toml:3:11: error: \"g.example:0\" is not HOST:PORT (examples: \"vpn.example.com:443\", "
                "\"192.0.2.1:443\", \"[2001:db8::1]:443\")"},
        Mistake{"BareIpv6", "version = 1\n[profile.a]\ngateway = \"2001:db8::1\"\n",
                "client.toml:3:11: error: \"2001:db8::1\" is not HOST:PORT (examples: \"vpn.example.com:443\", "
                "\"192.0.2.1:443\", \"[2001:db8::1]:443\")"},
        Mistake{"AddressWithoutName", "version = 1\n[profile.a]\ngateway = \"192.0.2.1:443\"\n",
                "client.toml:3:11: error: no DNS name to expect in the gateway's certificate (add: name = "
                "\"vpn.example.com\")"},
        Mistake{"NameIsAnAddress", PROFILE "name = \"192.0.2.1\"\n",
                "client.toml:4:8: error: no DNS name to expect in the gateway's certificate (add: name = "
                "\"vpn.example.com\")"},
        Mistake{"KeyUriWithAPin", PROFILE "key = \"pkcs11:token=t;object=k?pin-value=1234\"\n",
                "client.toml:4:7: error: the pkcs11: URI holds a PIN (pin-value), where others can read it; use "
                "pin-source=file:/etc/sallyport/pin instead"},
        Mistake{"KeyUriWithoutAToken", PROFILE "key = \"pkcs11:object=k\"\n",
                "client.toml:4:7: error: the pkcs11: URI does not name the token: add token=LABEL or serial=NUMBER"},
        Mistake{"RelativePath", PROFILE "key = \"device.key\"\n",
                "client.toml:4:7: error: key must be an absolute path"},
        Mistake{"HostBitsInARoute", PROFILE "allow_routes = [\"10.20.0.1/16\"]\n",
                "client.toml:4:17: error: \"10.20.0.1/16\" is not a network prefix (did you mean \"10.20.0.0/16\"?)"},
        Mistake{"NoRouteAllowed", PROFILE "allow_routes = []\n",
                "client.toml:4:16: error: an empty allow_routes would leave no network to reach (remove the key to "
                "take what the gateway offers, apart from forbidden classes)"},
        Mistake{"RouteIsAName", PROFILE "allow_routes = [\"git\"]\n",
                "client.toml:4:17: error: \"git\" is not a network prefix"},
        Mistake{"RouteIsANumber", PROFILE "allow_routes = [10]\n",
                "client.toml:4:17: error: profile.a.allow_routes must be a list of strings"},
        Mistake{"FlagAsText", PROFILE "allow_default_route = \"yes\"\n",
                "client.toml:4:23: error: profile.a.allow_default_route must be true or false"},
        Mistake{"InterfaceTooLong", PROFILE "interface = \"sallyport-office-1\"\n",
                "client.toml:4:13: error: \"sallyport-office-1\" cannot name an interface (at most 15 letters, "
                "digits, '-', '_' and '.')"},
        Mistake{"InterfacePattern", PROFILE "interface = \"tun%d\"\n",
                "client.toml:4:13: error: \"tun%d\" cannot name an interface (at most 15 letters, digits, '-', '_' "
                "and '.')"},
        Mistake{"ProfileNameInCapitals", "version = 1\n[profile.Office]\ngateway = \"g.example\"\n",
                "client.toml:2:10: error: \"Office\" cannot name a profile (at most 32 of a-z, 0-9 and '-')"},
        Mistake{"ProfileIsNoTable", "version = 1\nprofile = 3\n",
                "client.toml:2:11: error: profile must be written as [profile.NAME]"},
        Mistake{"KeyOutsideAProfile", "version = 1\n[profile]\ngateway = \"g.example\"\n",
                "client.toml:3:1: error: profile.gateway must be a table (write: [profile.NAME])"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ClientConfig, ReportsBrokenTomlWithItsPlace) {
  EXPECT_TRUE(complaints("version = 1\n[profile.a\n").starts_with("client.toml:2:")) << complaints("[profile.a\n");
}

class ClientConfigFile : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("client-config-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
    ::chmod(directory_.c_str(), 0755);
    std::ofstream{path()} << PROFILE;
    ::chmod(path().c_str(), 0644);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path() const { return directory_ / "client.toml"; }

  std::filesystem::path directory_;
};

TEST_F(ClientConfigFile, IsReadWhenOnlyItsOwnerMayWriteIt) { EXPECT_TRUE(load_client_config(path())); }

TEST_F(ClientConfigFile, IsRefusedWhenOthersMayWriteIt) {
  ::chmod(path().c_str(), 0664);
  const auto config = load_client_config(path());
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()), path() + ": error: others may write it; run: chmod go-w\n");
}

TEST_F(ClientConfigFile, IsRefusedWhenOthersMayReplaceIt) {
  ::chmod(directory_.c_str(), 0777);
  EXPECT_FALSE(load_client_config(path()));
}

TEST_F(ClientConfigFile, IsMissedInWords) {
  const auto config = load_client_config(path() + ".none");
  ASSERT_FALSE(config);
  const auto words = to_string(config.error());
  EXPECT_EQ(words.find(path() + ".none: error: there is no such file (docs/quickstart.md"), 0U) << words;
}

}  // namespace
}  // namespace sallyport
