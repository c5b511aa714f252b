#include "common/base/process.hpp"
#include "tun/device.hpp"
#include "tun/network_config.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

/// Runs in a network namespace of its own, with one TUN interface that is up.
class NetworkConfigTest : public testing::Test {
 protected:
  NetworkConfigTest() {
    EXPECT_TRUE(network.set_up("lo").has_value());
    EXPECT_TRUE(network.set_up(name).has_value());
  }
  /// What the system's own tool shows: the other judge.
  std::string shown(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "ip");
    return run_process({.argv = arguments}).value().output;
  }
  std::string ip(const std::string& what) const { return shown({what, "show", "dev", name}); }

  NetworkConfig network = NetworkConfig::open().value();
  TunDevice device = TunDevice::open("net%d").value();
  std::string name = device.name();
};

TEST_F(NetworkConfigTest, SwitchesALinkOnAndOffAndSetsItsMtu) {
  ASSERT_TRUE(network.set_mtu(name, 1380).has_value());
  EXPECT_NE(ip("link").find("mtu 1380"), std::string::npos);
  EXPECT_NE(ip("link").find(",UP"), std::string::npos);
  ASSERT_TRUE(network.set_up(name, false).has_value());
  EXPECT_EQ(ip("link").find(",UP"), std::string::npos);
}

TEST_F(NetworkConfigTest, BringsALinkUpWithItsMtuInOneStep) {
  ASSERT_TRUE(network.set_up(name, false).has_value());
  ASSERT_TRUE(network.bring_up(name, 1380).has_value());
  EXPECT_NE(ip("link").find("mtu 1380"), std::string::npos);
  EXPECT_NE(ip("link").find(",UP"), std::string::npos);
}

TEST_F(NetworkConfigTest, NamesTheInterfaceThatIsNotThere) {
  EXPECT_EQ(network.bring_up("nothing", 1500).error().message, "there is no interface nothing");
  EXPECT_EQ(network.set_up("nothing").error().message, "there is no interface nothing");
  EXPECT_TRUE(network.delete_link("nothing").has_value());
  EXPECT_TRUE(network.remove_address("nothing", {address("10.0.0.1"), 24}).has_value());
  EXPECT_TRUE(network.remove_route({prefix("10.0.0.0/8"), "nothing", {}}).has_value());
}

TEST_F(NetworkConfigTest, AddsAndRemovesAddressesTwice) {
  const InterfaceAddress v4{address("10.99.0.1"), 24};
  const InterfaceAddress v6{address("fd12::1"), 64};
  for (int time = 0; time < 2; ++time) {
    ASSERT_TRUE(network.add_address(name, v4).has_value());
    ASSERT_TRUE(network.add_address(name, v6).has_value());
  }
  const auto there = network.addresses(name).value();
  EXPECT_EQ(std::count(there.begin(), there.end(), v4), 1);
  EXPECT_EQ(std::count(there.begin(), there.end(), v6), 1);
  // The kernel's own one, of the link, may be tentative still.
  const auto addresses = ip("address");
  const auto ours = addresses.find("fd12::1/64 scope global nodad");
  ASSERT_NE(ours, std::string::npos) << addresses;
  EXPECT_EQ(addresses.substr(ours, addresses.find('\n', ours) - ours).find("tentative"), std::string::npos)
      << addresses;
  for (int time = 0; time < 2; ++time) {
    ASSERT_TRUE(network.remove_address(name, v4).has_value());
    ASSERT_TRUE(network.remove_address(name, v6).has_value());
  }
  const auto left = network.addresses(name).value();
  EXPECT_EQ(std::count(left.begin(), left.end(), v4) + std::count(left.begin(), left.end(), v6), 0);
}

TEST_F(NetworkConfigTest, AddsAndRemovesRoutesTwice) {
  const std::vector<Route> wanted{{prefix("0.0.0.0/0"), name, {}, 50, 83},
                                  {prefix("10.20.0.0/16"), name, {}, 7},
                                  {prefix("10.20.4.10/32"), name, {}},
                                  {prefix("::/0"), name, {}, 50, 83},
                                  {prefix("fd00:20::/48"), name, {}, 7}};
  for (int time = 0; time < 2; ++time) {
    for (const auto& route : wanted) {
      const auto added = network.add_route(route);
      ASSERT_TRUE(added.has_value()) << added.error().message;
    }
  }
  EXPECT_EQ(network.own_routes().value(), wanted);
  EXPECT_NE(shown({"route"}).find("10.20.0.0/16 dev " + name + " proto 83 scope link metric 7"), std::string::npos)
      << shown({"route"});
  for (int time = 0; time < 2; ++time) {
    for (const auto& route : wanted) ASSERT_TRUE(network.remove_route(route).has_value());
  }
  EXPECT_TRUE(network.own_routes().value().empty());
  EXPECT_EQ(shown({"route"}), "");
}

TEST_F(NetworkConfigTest, AddsAddressesAndRoutesTogether) {
  const std::vector<InterfaceAddress> addresses{{address("10.99.0.2"), 32}, {address("fd12::2"), 128}};
  const std::vector<Route> routes{{prefix("10.20.0.0/16"), name, {}, 0, 83}, {prefix("fd00:20::/48"), name, {}, 7, 83}};
  ASSERT_TRUE(network.add_together(name, addresses, routes));
  EXPECT_EQ(network.own_routes().value(), routes);
  const auto there = network.addresses(name).value();
  for (const auto& each : addresses) EXPECT_EQ(std::count(there.begin(), there.end(), each), 1);
  EXPECT_TRUE(network.add_together(name, addresses, {})) << "they are there";
  EXPECT_FALSE(network.add_together(name, addresses, routes)) << "whose routes they are has to be looked at";
  for (const auto& route : routes) EXPECT_TRUE(network.add_route(route).has_value());
  EXPECT_EQ(network.own_routes().value(), routes);
}

TEST_F(NetworkConfigTest, AddsThousandsOfRoutesTogetherOrSaysThatItDidNot) {
  std::vector<Route> routes;
  for (int i = 0; i < 900; ++i) {
    routes.push_back(
        {prefix("10." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + ".0/24"), name, {}, 0, 83});
  }
  ASSERT_TRUE(network.add_together(name, {}, routes));
  EXPECT_EQ(network.own_routes().value().size(), routes.size());
  routes.resize(4000, routes.front());
  EXPECT_FALSE(network.add_together(name, {}, routes));
}

TEST_F(NetworkConfigTest, SaysOfThoseAddedTogetherThatNotAllAreThere) {
  shown({"route", "add", "10.21.0.0/16", "dev", "lo"});
  EXPECT_FALSE(network.add_together(name, {{address("10.99.0.2"), 32}},
                                    {{prefix("10.21.0.0/16"), name, {}}, {prefix("10.30.0.0/16"), name, {}}}));
  EXPECT_NE(shown({"route"}).find("10.21.0.0/16 dev lo"), std::string::npos) << "it is somebody else's";
  ASSERT_TRUE(network.set_up(name, false).has_value());
  EXPECT_FALSE(network.add_together(name, {}, {{prefix("10.40.0.0/16"), name, {}}})) << "the link is down";
  EXPECT_FALSE(network.add_together("nothing", {{address("10.99.0.2"), 32}}, {}));
  EXPECT_FALSE(network.add_together(name, {}, {}));
  shown({"route", "del", "10.21.0.0/16", "dev", "lo"});
}

TEST_F(NetworkConfigTest, AddsAndRemovesAnIpv6RouteWithoutAMetric) {
  const Route route{prefix("fd00:20::/48"), name, {}};
  ASSERT_TRUE(network.add_route(route).has_value());
  ASSERT_TRUE(network.add_route(route).has_value());
  ASSERT_EQ(network.own_routes().value().size(), 1U);
  ASSERT_TRUE(network.remove_route(network.own_routes().value().front()).has_value());
  EXPECT_TRUE(network.own_routes().value().empty());
}

TEST_F(NetworkConfigTest, RoutesThroughANextHop) {
  ASSERT_TRUE(network.add_address(name, {address("192.0.2.2"), 24}).has_value());
  const Route route{prefix("203.0.113.9/32"), name, address("192.0.2.1"), 0};
  ASSERT_TRUE(network.add_route(route).has_value());
  EXPECT_EQ(network.own_routes().value(), std::vector{route});
  const auto path = network.path_to(address("203.0.113.9")).value();
  EXPECT_EQ(path.interface, name);
  EXPECT_EQ(path.gateway, address("192.0.2.1"));
  EXPECT_EQ(path.source, address("192.0.2.2"));
  ASSERT_TRUE(network.remove_route(route).has_value());
}

TEST_F(NetworkConfigTest, ReplacesARouteOfOursByAnotherWay) {
  const auto other = TunDevice::open("other").value();
  ASSERT_TRUE(network.set_up("other").has_value());
  for (const auto* destination : {"10.20.0.0/16", "fd00:20::/48"}) {
    ASSERT_TRUE(network.add_route({prefix(destination), name, {}}).has_value());
    ASSERT_TRUE(network.add_route({prefix(destination), "other", {}}).has_value());
    const auto own = network.own_routes().value();
    ASSERT_EQ(own.size(), 1U) << destination;
    EXPECT_EQ(own.front().interface, "other");
    ASSERT_TRUE(network.remove_route(own.front()).has_value());
  }
}

TEST_F(NetworkConfigTest, LeavesARouteThatIsNotOurs) {
  shown({"route", "add", "10.20.0.0/16", "dev", "lo"});
  const auto before = shown({"route"});
  const auto refused = network.add_route({prefix("10.20.0.0/16"), name, {}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, EEXIST);
  EXPECT_TRUE(network.remove_route({prefix("10.20.0.0/16"), "lo", {}}).has_value());
  EXPECT_EQ(shown({"route"}), before);
  EXPECT_TRUE(network.own_routes().value().empty());
}

TEST_F(NetworkConfigTest, SaysThatThereIsNoWay) {
  const auto path = network.path_to(address("198.51.100.1"));
  ASSERT_FALSE(path.has_value());
  EXPECT_NE(path.error().message.find("198.51.100.1"), std::string::npos);
  EXPECT_EQ(network.path_to(address("::1")).value().interface, "lo");
}

TEST_F(NetworkConfigTest, AddsAndRemovesRulesTwice) {
  for (const unsigned version : {4U, 6U}) {
    const RoutingRule rule{version, 5000, 83, 0x5a11, true};
    const auto family = version == 4 ? "-4" : "-6";
    for (int time = 0; time < 2; ++time) {
      const auto added = network.add_rule(rule);
      ASSERT_TRUE(added.has_value()) << added.error().message;
    }
    const auto rules = shown({family, "rule"});
    EXPECT_NE(rules.find("5000:\tnot from all fwmark 0x5a11 lookup 83"), std::string::npos) << rules;
    EXPECT_EQ(rules.find("5000:"), rules.rfind("5000:"));
    for (int time = 0; time < 2; ++time) ASSERT_TRUE(network.remove_rule(rule).has_value());
    EXPECT_EQ(shown({family, "rule"}).find("5000:"), std::string::npos);
  }
}

TEST_F(NetworkConfigTest, FindsTheWayOfAMarkedPacket) {
  ASSERT_TRUE(network.add_address(name, {address("192.0.2.2"), 24}).has_value());
  ASSERT_TRUE(network.add_route({prefix("0.0.0.0/0"), name, {}, 0, 83}).has_value());
  const RoutingRule rule{4, 5000, 83, 0x5a11};
  ASSERT_TRUE(network.add_rule(rule).has_value());
  EXPECT_FALSE(network.path_to(address("198.51.100.1")).has_value());
  EXPECT_EQ(network.path_to(address("198.51.100.1"), 0x5a11).value().interface, name);
  ASSERT_TRUE(network.remove_rule(rule).has_value());
}

TEST_F(NetworkConfigTest, RemovesALinkTwice) {
  const auto lasting = TunDevice::open("gone", {.persist = true}).value();
  ASSERT_TRUE(network.delete_link("gone").has_value());
  ASSERT_TRUE(network.delete_link("gone").has_value());
  EXPECT_FALSE(network.index_of("gone").has_value());
}

}  // namespace
}  // namespace sallyport
