#include "client/cli/render.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <ctime>

namespace sallyport {
namespace {

using nlohmann::json;

const WallTime kNow = *parse_utc("2026-11-21T11:16:00Z");

class RenderStatus : public testing::Test {
 protected:
  RenderStatus() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

json online() {
  return json::parse(R"({
    "v": 1, "ok": true, "state": "online", "profile": "office", "gateway": "vpn.example.com:443",
    "gateway_name": "vpn.example.com", "peer": "192.0.2.1", "device": "ana-laptop", "user": "ana@example.com",
    "certificate_expires": "2027-02-19T00:00:00Z", "since": "2026-11-21T09:12:00Z", "interface": "sallyport",
    "addresses": ["10.99.0.14", "fd12::14"], "routes": ["10.20.0.0/16"], "refused_routes": [],
    "tls": {"version": "1.3", "group": "X25519MLKEM768", "cipher": "TLS_AES_128_GCM_SHA256"}, "rtt_ms": 11.2,
    "denials": [], "profiles": ["office"]})");
}

TEST(RenderError, ShowsTheWholeOfALongSentence) {
  const std::string words = std::string(400, 'x') + " sallyport enroll --replace";
  EXPECT_NE(render_error(json{{"ok", false}, {"error", words}}).find("enroll --replace"), std::string::npos);
}

TEST_F(RenderStatus, SaysSoWhenNothingIsOpen) {
  auto answer = online();
  answer["routes"] = json::array();
  EXPECT_NE(render_status(answer, kNow, {}).find("  Networks   none: nothing is open to you"), std::string::npos);
}

TEST_F(RenderStatus, SaysWhoIsConnectedToWhatAndSinceWhen) {
  EXPECT_EQ(render_status(online(), kNow, {}),
            "* Connected to vpn.example.com as ana@example.com       since 09:12 (2 h 4 min)\n"
            "  Device     ana-laptop, certificate good until 2027-02-19\n"
            "  Gateway    vpn.example.com:443 (192.0.2.1), TLS 1.3 X25519MLKEM768, 11 ms\n"
            "  Address    10.99.0.14, fd12::14\n"
            "  Networks   10.20.0.0/16\n");
}

TEST_F(RenderStatus, SaysWhatWaitsForAProofAndWhatToDoAboutIt) {
  json answer = online();
  answer["proof"] = {{"waiting", json::array()}, {"left_off", 0}};
  EXPECT_EQ(render_status(answer, kNow, {}).find("Waiting"), std::string::npos);
  answer["proof"] = {{"waiting", {"git", "prod\x1b[31m"}}, {"left_off", 3U}};
  EXPECT_NE(render_status(answer, kNow, {})
                .find("  Waiting    git, prod\\x1b[31m, ...: prove that you are there with: sallyport login\n"),
            std::string::npos)
      << render_status(answer, kNow, {});
  answer["proof"] = {{"waiting", "prod"}, {"left_off", "x"}};
  EXPECT_EQ(render_status(answer, kNow, {}).find("Waiting"), std::string::npos);
}

TEST_F(RenderStatus, SaysThatAnotherProgramTookAwayWhatLeadsIntoTheTunnel) {
  json answer = online();
  answer["network_restored"] = 0U;
  EXPECT_EQ(render_status(answer, kNow, {}).find("Restored"), std::string::npos);
  answer["network_restored"] = 3U;
  EXPECT_NE(render_status(answer, kNow, {}).find("  Restored   3 rules, routes or addresses"), std::string::npos)
      << render_status(answer, kNow, {});
}

TEST_F(RenderStatus, SaysWhatIsOutOfReachForWantOfIpv6AndHowToHaveItBack) {
  json answer = online();
  EXPECT_EQ(render_status(answer, kNow, {}).find("IPv6"), std::string::npos);
  answer["ipv6_off"] = {{"setting", "net.ipv6.conf.sallyport.disable_ipv6"}, {"routes", {"fd00:20::/48"}}};
  const std::string words =
      "  IPv6       is switched off for the tunnel, so fd00:20::/48 cannot be reached, and nothing for it leaves by "
      "another way\n             to switch it on: sudo sysctl net.ipv6.conf.sallyport.disable_ipv6=0\n";
  EXPECT_NE(render_status(answer, kNow, {}).find(words), std::string::npos) << render_status(answer, kNow, {});
  answer["state"] = "reconnecting";
  EXPECT_NE(render_status(answer, kNow, {}).find(words), std::string::npos) << render_status(answer, kNow, {});
  answer["ipv6_off"]["setting"] = nullptr;
  EXPECT_NE(render_status(answer, kNow, {}).find("fd00:20::/48 cannot be reached: this system has no IPv6\n"),
            std::string::npos);
}

TEST_F(RenderStatus, SaysHowLongAProofIsGood) {
  const json answer{{"v", 1}, {"ok", true}, {"words", "Accepted."}, {"until", "2026-11-21T19:16:00Z"}};
  EXPECT_EQ(render_login(answer, kNow), "Accepted.\n  Good until 19:16, for 8 h 0 min\n");
}

TEST_F(RenderStatus, WarnsOfACertificateThatWasNotRenewed) {
  auto answer = online();
  answer["renewal"] = {{"due", "2027-01-20T00:00:00Z"}};
  EXPECT_EQ(render_status(answer, kNow, {}).find("Renewal"), std::string::npos) << "nothing to do about it";
  answer["renewal"]["failure"] = {{"reason", "not_offered"}, {"words", "ask\x1b[2J your administrator"}};
  EXPECT_NE(render_status(answer, kNow, {}).find("  Renewal    the certificate was not renewed yet: ask"),
            std::string::npos);
  EXPECT_EQ(render_status(answer, kNow, {}).find('\x1b'), std::string::npos);
  answer["renewal"] = "nonsense";
  EXPECT_EQ(render_status(answer, kNow, {}).find("Renewal"), std::string::npos);
}

TEST_F(RenderStatus, ListsWhatWasRefusedAndWhatTheProfileDoesNotTake) {
  json answer = online();
  answer["refused_routes"] = {{{"route", "0.0.0.0 - 255.255.255.255"}, {"reason", "too broad"}}};
  answer["denials"] = {{{"time", "2026-11-21T11:12:00Z"},
                        {"to", "10.20.4.10:25/tcp"},
                        {"words", "no rule lets you reach this"},
                        {"code", "K7Q2-9XPD"}}};
  const auto text = render_status(answer, kNow, {});
  EXPECT_NE(text.find("  Not taken  0.0.0.0 - 255.255.255.255: too broad\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  Refused    10.20.4.10:25/tcp, 4 min ago: no rule lets you reach this (K7Q2-9XPD)\n"),
            std::string::npos)
      << text;
}

TEST_F(RenderStatus, ShowsAtMostFiveRefusals) {
  json answer = online();
  for (int i = 0; i < 9; ++i) answer["denials"].push_back({{"to", "h" + std::to_string(i)}, {"words", "no"}});
  const auto text = render_status(answer, kNow, {});
  EXPECT_NE(text.find("h4"), std::string::npos);
  EXPECT_EQ(text.find("h5"), std::string::npos);
}

TEST_F(RenderStatus, TellsWhyItIsNotOnlineAndWhenItTriesAgain) {
  const json answer{{"state", "reconnecting"},
                    {"gateway", "vpn.example.com:443"},
                    {"routes", {"10.20.0.0/16"}},
                    {"retry_at", "2026-11-21T11:16:03Z"},
                    {"failure", {{"words", "this device is disabled"}, {"code", "K7Q2-9XPD"}}}};
  EXPECT_EQ(render_status(answer, kNow, {}),
            "- Reconnecting to vpn.example.com:443\n"
            "  Reason     this device is disabled (reference K7Q2-9XPD)\n"
            "  Next try   in 3 s\n"
            "  Meanwhile  traffic for the office waits; it does not leave by another way\n"
            "  Networks   10.20.0.0/16\n"
            "  Give up    sallyport down\n");
}

TEST_F(RenderStatus, TellsWhyTheServiceGaveUp) {
  const json answer{
      {"state", "down"},
      {"profiles", json::array({"office"})},
      {"failure", {{"words", "you are connected with as many devices as you may"}, {"code", "K7Q2-9XPD"}}}};
  EXPECT_EQ(render_status(answer, kNow, {}),
            "- Not connected\n"
            "  Reason     you are connected with as many devices as you may (reference K7Q2-9XPD)\n"
            "  Profiles   office\n"
            "  Connect    sallyport up\n");
}

TEST_F(RenderStatus, NamesTheNextCommandWhenThereIsNoTunnel) {
  EXPECT_EQ(render_status(json{{"state", "down"}, {"profiles", {"lab", "office"}}}, kNow, {}),
            "- Not connected\n  Profiles   lab, office\n  Connect    sallyport up PROFILE\n");
  EXPECT_EQ(render_status(json{{"state", "down"}, {"profiles", json::array({"office"})}}, kNow, {}),
            "- Not connected\n  Profiles   office\n  Connect    sallyport up\n");
}

TEST_F(RenderStatus, UsesColourAndSignsOnlyWhereTheTerminalHasThem) {
  EXPECT_TRUE(render_status(online(), kNow, {.colour = true, .utf8 = true}).starts_with("\x1b[32m●\x1b[0m Connected"));
  EXPECT_TRUE(render_status(online(), kNow, {.colour = false, .utf8 = true}).starts_with("● Connected"));
}

TEST_F(RenderStatus, LetsNoTextOfThePeerReachTheTerminalRaw) {
  json answer = online();
  answer["user"] = "ana\x1b[2J@example.com";
  answer["routes"] = {"10.0.0.0/8\r\n"};
  answer["denials"] = {{{"to", "x\x07"}, {"words", "\x1b]0;owned\x07"}}};
  for (const char c : render_status(answer, kNow, {})) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f));
}

TEST_F(RenderStatus, SurvivesAnswersOfAnyShape) {
  for (const char* text : {"{}", R"({"state":7})", R"({"state":"online","tls":[],"rtt_ms":"x","routes":7})",
                           R"({"state":"online","denials":[7],"refused_routes":[null],"addresses":{"a":1}})",
                           R"({"state":"connecting","failure":"x","retry_at":9})"}) {
    EXPECT_FALSE(render_status(json::parse(text), kNow, {}).empty()) << text;
  }
}

json refused() {
  return {{"to", "10.20.4.10:25/tcp"},  {"verdict", "deny"},   {"reason", "not_allowed"}, {"routed", true},
          {"words", "no rule for you"}, {"code", "K7Q2-9XPD"}, {"device", "ana-laptop"},  {"user", "ana@example.com"},
          {"profile", "office"}};
}

TEST(RenderWhy, GivesTheLineTheAdministratorNeeds) {
  EXPECT_EQ(render_why(refused(), "git.example.com:25"),
            "10.20.4.10:25/tcp (git.example.com:25): refused\n"
            "  no rule for you\n"
            "  Reference  K7Q2-9XPD\n"
            "  The administrator finds the whole story with:\n"
            "    sallyportctl explain-code K7Q2-9XPD\n");
}

TEST(RenderWhy, GivesThePlaceWhenThereIsNoCode) {
  json answer = refused();
  answer.erase("code");
  EXPECT_EQ(render_why(answer, "git.example.com:25"),
            "10.20.4.10:25/tcp (git.example.com:25): refused\n"
            "  no rule for you\n"
            "  The administrator finds the rule with:\n"
            "    sallyportctl policy explain --as ana@example.com --device ana-laptop --to 10.20.4.10:25/tcp\n");
}

TEST(RenderWhy, OffersTextOfThePeerAsOneQuotedWordOfAShell) {
  json answer = refused();
  answer.erase("code");
  answer["user"] = "ana;rm -rf /";
  answer["to"] = "[fd00:20::1]:443/tcp";
  const auto text = render_why(answer, "");
  EXPECT_NE(text.find("--as 'ana;rm -rf /' --device ana-laptop --to '[fd00:20::1]:443/tcp'\n"), std::string::npos)
      << text;
}

TEST(RenderWhy, SaysWhenTheLaptopItselfKeepsItOutOfTheTunnel) {
  json answer = refused();
  answer["verdict"] = "allow";
  answer["words"] = "";
  EXPECT_EQ(render_why(answer, ""), "10.20.4.10:25/tcp: allowed\n");
  answer["routed"] = false;
  EXPECT_NE(render_why(answer, "").find("does not send it into the tunnel"), std::string::npos);
}

TEST(RenderError, NamesTheReferenceAndTheRemedy) {
  EXPECT_EQ(render_error(json{{"error", "this device is disabled"}, {"code", "K7Q2-9XPD"}, {"hint", "ask"}}),
            "sallyport: this device is disabled (reference K7Q2-9XPD)\n  ask\n");
  EXPECT_EQ(render_error(json::object()), "sallyport: the service gave no reason\n");
}

TEST(RenderDown, SaysWhetherThereWasAnythingToEnd) {
  EXPECT_EQ(render_down(json{{"was_down", true}}), "Was not connected.\n");
  EXPECT_EQ(render_down(json{{"was_down", false}}), "Disconnected.\n");
}

TEST(RenderDuration, UsesTwoUnitsAtMost) {
  using std::chrono::seconds;
  EXPECT_EQ(render_duration(seconds{-5}), "0 s");
  EXPECT_EQ(render_duration(seconds{59}), "59 s");
  EXPECT_EQ(render_duration(seconds{60}), "1 min");
  EXPECT_EQ(render_duration(seconds{7440}), "2 h 4 min");
  EXPECT_EQ(render_duration(seconds{90000}), "1 d 1 h");
}

}  // namespace
}  // namespace sallyport
