#include "client/daemon/tunnel_status.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

TEST(TunnelStatus, SaysNothingButDownWhenThereIsNoTunnel) {
  EXPECT_EQ(to_json(TunnelStatus{}), (nlohmann::json{{"state", "down"}}));
}

TEST(TunnelStatus, LeavesOutWhatIsNotKnownYet) {
  TunnelStatus status;
  status.state = TunnelState::Connecting;
  status.profile = "office";
  status.gateway = "vpn.example.com:443";
  const auto json = to_json(status);
  EXPECT_EQ(json["state"], "connecting");
  EXPECT_EQ(json["gateway"], "vpn.example.com:443");
  for (const char* key : {"user", "device", "since", "tls", "rtt_ms", "failure", "retry_at", "peer"}) {
    EXPECT_FALSE(json.contains(key)) << key;
  }
  EXPECT_TRUE(json["addresses"].empty());
}

TEST(TunnelStatus, NamesAllThatIsKnown) {
  TunnelStatus status;
  status.state = TunnelState::Reconnecting;
  status.profile = "office";
  status.device = "ana-laptop";
  status.user = "ana@example.com";
  status.since = WallTime{std::chrono::seconds{0}};
  status.addresses = {*IpAddress::parse("10.99.0.14"), *IpAddress::parse("fd12::14")};
  status.routes = {*IpPrefix::parse("10.20.0.0/16")};
  status.refused_routes = {{"127.0.0.0 - 127.255.255.255", "loopback"}};
  status.proof = ProofWaiting{{"prod"}, 2};
  status.tls_group = "X25519MLKEM768";
  status.rtt_microseconds = 11'500;
  status.bytes_in = 7;
  status.network_restored = 6;
  status.switches = {9, 8, 5};
  status.failure = TunnelFailure{"device_disabled", "ask", "K7Q2-9XPD"};
  const auto json = to_json(status);
  EXPECT_EQ(json["addresses"], (nlohmann::json{"10.99.0.14", "fd12::14"}));
  EXPECT_EQ(json["routes"], nlohmann::json::array({"10.20.0.0/16"}));
  EXPECT_EQ(json["refused_routes"][0]["reason"], "loopback");
  EXPECT_EQ(json["proof"], (nlohmann::json{{"waiting", {"prod"}}, {"left_off", 2}}));
  EXPECT_EQ(json["tls"]["group"], "X25519MLKEM768");
  EXPECT_DOUBLE_EQ(json["rtt_ms"].get<double>(), 11.5);
  EXPECT_EQ(json["traffic"]["bytes_in"], 7);
  EXPECT_EQ(json["queue"]["dropped_codel"], 0);
  EXPECT_EQ(json["queue"]["joined"], 0);
  EXPECT_EQ(json["network_restored"], 6);
  EXPECT_EQ(json["switches"], (nlohmann::json{{"begun", 9}, {"done", 8}, {"held_back", 5}}));
  EXPECT_EQ(json["failure"]["code"], "K7Q2-9XPD");
  EXPECT_EQ(json["since"], "1970-01-01T00:00:00Z");
  EXPECT_FALSE(json.contains("renewal"));
}

TEST(TunnelStatus, TellsWhatIsOutOfReachForWantOfIpv6) {
  TunnelStatus status;
  status.state = TunnelState::Online;
  EXPECT_FALSE(to_json(status).contains("ipv6_off"));
  status.ipv6_off = Ipv6Off{"net.ipv6.conf.sallyport.disable_ipv6", {*IpPrefix::parse("fd00:20::/48")}};
  EXPECT_EQ(to_json(status)["ipv6_off"], (nlohmann::json{{"setting", "net.ipv6.conf.sallyport.disable_ipv6"},
                                                         {"routes", nlohmann::json::array({"fd00:20::/48"})}}));
  status.ipv6_off->setting.clear();
  EXPECT_TRUE(to_json(status)["ipv6_off"]["setting"].is_null());
}

TEST(TunnelStatus, TellsWhenItRenewsAndWhyThatFailed) {
  TunnelStatus status;
  status.state = TunnelState::Online;
  status.renewal_due = WallTime{std::chrono::seconds{86400}};
  EXPECT_EQ(to_json(status)["renewal"], (nlohmann::json{{"due", "1970-01-02T00:00:00Z"}}));
  status.renewal_failure = TunnelFailure{"not_offered", "ask", {}};
  EXPECT_EQ(to_json(status)["renewal"]["failure"], (nlohmann::json{{"reason", "not_offered"}, {"words", "ask"}}));
}

}  // namespace
}  // namespace sallyport
