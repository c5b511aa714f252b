#include "client/session/route_guard.hpp"

#include "client/session/address_interval.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace sallyport {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

AdvertisedRoute route(std::string_view first, std::string_view last) { return {{address(first), address(last)}, 0}; }

AdvertisedRoute network(std::string_view text) {
  const IpPrefix prefix = IpPrefix::parse(text).value();
  return {{prefix.first(), prefix.last()}, 0};
}

std::vector<std::string> texts(const std::vector<IpPrefix>& prefixes) {
  std::vector<std::string> out;
  for (const auto& prefix : prefixes) out.push_back(prefix.to_string());
  return out;
}

using Texts = std::vector<std::string>;

bool holds(const GuardedRoutes& routes, const IpAddress& at) {
  return std::any_of(routes.accepted.begin(), routes.accepted.end(), [&](const IpPrefix& p) { return p.contains(at); });
}

std::optional<RouteRefusal> refusal_of(const GuardedRoutes& routes, const IpAddress& at) {
  for (const auto& refused : routes.refused) {
    if (refused.range.first <= at && at <= refused.range.last) return refused.refusal;
  }
  return std::nullopt;
}

TEST(RouteGuard, AcceptsOfficeNetworks) {
  const std::vector<AdvertisedRoute> routes{network("10.20.0.0/16"), network("192.168.7.0/24"),
                                            network("fd00:20::/48")};
  const auto guarded = guard_routes(routes, {});
  EXPECT_EQ(texts(guarded.accepted), (Texts{"10.20.0.0/16", "192.168.7.0/24", "fd00:20::/48"}));
  EXPECT_TRUE(guarded.refused.empty());
}

TEST(RouteGuard, WritesARangeAsTheFewestPrefixes) {
  const std::vector<AdvertisedRoute> routes{route("10.0.0.1", "10.0.0.6")};
  EXPECT_EQ(texts(guard_routes(routes, {}).accepted),
            (Texts{"10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"}));
}

TEST(RouteGuard, JoinsRangesThatTouchOrRepeatUnderAnotherProtocol) {
  auto tcp = route("10.0.0.0", "10.0.0.127");
  auto udp = route("10.0.0.64", "10.0.0.255");
  tcp.protocol = 6;
  udp.protocol = 17;
  EXPECT_EQ(texts(guard_routes(std::vector{tcp, udp}, {}).accepted), (Texts{"10.0.0.0/24"}));
}

TEST(RouteGuard, RefusesWhatAHostileGatewayWouldPush) {
  const std::vector<std::pair<std::string, RouteRefusal>> table{
      {"0.0.0.0/0", RouteRefusal::TooBroad},       {"::/0", RouteRefusal::TooBroad},
      {"0.0.0.0/1", RouteRefusal::TooBroad},       {"128.0.0.0/1", RouteRefusal::TooBroad},
      {"8000::/1", RouteRefusal::TooBroad},        {"10.0.0.0/7", RouteRefusal::TooBroad},
      {"2000::/15", RouteRefusal::TooBroad},       {"127.0.0.0/8", RouteRefusal::Loopback},
      {"127.0.0.53", RouteRefusal::Loopback},      {"::1", RouteRefusal::Loopback},
      {"169.254.0.0/16", RouteRefusal::LinkLocal}, {"169.254.169.254", RouteRefusal::LinkLocal},
      {"fe80::/16", RouteRefusal::LinkLocal},      {"fe80::1", RouteRefusal::LinkLocal},
      {"224.0.0.251", RouteRefusal::Multicast},    {"ff02::/16", RouteRefusal::Multicast},
      {"255.255.255.255", RouteRefusal::Reserved}, {"240.0.0.0/8", RouteRefusal::Reserved},
      {"0.0.0.0/8", RouteRefusal::Unspecified},    {"::/128", RouteRefusal::Unspecified},
  };
  for (const auto& [text, refusal] : table) {
    const auto guarded = guard_routes(std::vector{network(text)}, {});
    EXPECT_TRUE(guarded.accepted.empty()) << text;
    ASSERT_EQ(guarded.refused.size(), 1U) << text;
    EXPECT_EQ(guarded.refused[0].refusal, refusal) << text;
  }
}

TEST(RouteGuard, RefusesIpv4MappedAddresses) {
  std::array<std::byte, 16> octets{};
  octets[10] = octets[11] = std::byte{0xff};
  octets[12] = std::byte{10};
  const auto mapped = IpAddress::from_octets(octets);
  const auto guarded = guard_routes(std::vector{AdvertisedRoute{{mapped, mapped}, 0}}, {});
  EXPECT_TRUE(guarded.accepted.empty());
  EXPECT_EQ(refusal_of(guarded, mapped), RouteRefusal::MappedIpv4);
}

TEST(RouteGuard, SeesADefaultRouteInTwoHalves) {
  const std::vector<AdvertisedRoute> halves{network("0.0.0.0/1"), network("128.0.0.0/1"), network("::/1"),
                                            network("8000::/1")};
  EXPECT_TRUE(guard_routes(halves, {}).accepted.empty());
}

TEST(RouteGuard, SeesADefaultRouteInManyNeighbours) {
  std::vector<AdvertisedRoute> eights;
  for (std::uint32_t i = 1; i < 127; ++i)
    eights.push_back({{IpAddress::v4(i << 24U), IpAddress::v4((i << 24U) | 0xffffffU)}, 0});
  EXPECT_TRUE(guard_routes(eights, {}).accepted.empty());
}

TEST(RouteGuard, SeesADefaultRouteInManyPieces) {
  std::vector<AdvertisedRoute> pieces;
  for (std::uint32_t i = 1; i < 127; i += 2)
    pieces.push_back({{IpAddress::v4(i << 24U), IpAddress::v4((i << 24U) | 0xffffffU)}, 0});
  const auto guarded = guard_routes(pieces, {});
  EXPECT_EQ(guarded.accepted.size(), 16U);
  EXPECT_EQ(refusal_of(guarded, address("101.0.0.1")), RouteRefusal::TooBroad);
}

TEST(RouteGuard, TakesADefaultRouteAroundWhatIsForbiddenWhenTheProfileAllowsIt) {
  RouteGuardOptions options{
      .allow_routes = {}, .allow_default_route = true, .gateway_addresses = {address("198.51.100.9")}};
  const auto guarded = guard_routes(std::vector{network("0.0.0.0/0"), network("::/0")}, options);
  for (const std::string_view inside : {"1.1.1.1", "10.0.0.1", "198.51.100.8", "223.255.255.255", "2001:db8::1"}) {
    EXPECT_TRUE(holds(guarded, address(inside))) << inside;
  }
  for (const std::string_view outside : {"0.0.0.0", "127.0.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255",
                                         "::", "::1", "fe80::1", "ff02::1", "198.51.100.9"}) {
    EXPECT_FALSE(holds(guarded, address(outside))) << outside;
    EXPECT_TRUE(refusal_of(guarded, address(outside))) << outside;
  }
}

TEST(RouteGuard, NeverRoutesTheGatewayIntoItsOwnTunnel) {
  const RouteGuardOptions options{.allow_routes = {},
                                  .allow_default_route = false,
                                  .gateway_addresses = {address("198.51.100.9"), address("2001:db8::9")}};
  const auto guarded = guard_routes(std::vector{network("198.51.100.0/24"), network("2001:db8::/64")}, options);
  EXPECT_EQ(refusal_of(guarded, address("198.51.100.9")), RouteRefusal::HoldsGateway);
  EXPECT_EQ(refusal_of(guarded, address("2001:db8::9")), RouteRefusal::HoldsGateway);
  EXPECT_TRUE(holds(guarded, address("198.51.100.8")));
  EXPECT_TRUE(holds(guarded, address("198.51.100.10")));
  EXPECT_EQ(guarded.accepted.size(), 8U + 64U);
}

TEST(RouteGuard, KeepsWithinTheAllowListOfTheProfile) {
  const RouteGuardOptions options{
      .allow_routes = {IpPrefix::parse("10.20.0.0/16").value()}, .allow_default_route = false, .gateway_addresses = {}};
  const auto guarded = guard_routes(std::vector{network("10.0.0.0/8"), network("fd00::/64")}, options);
  EXPECT_EQ(texts(guarded.accepted), (Texts{"10.20.0.0/16"}));
  EXPECT_EQ(refusal_of(guarded, address("10.21.0.0")), RouteRefusal::OutsideAllowList);
  EXPECT_EQ(refusal_of(guarded, address("fd00::1")), RouteRefusal::OutsideAllowList);
}

TEST(RouteGuard, AllowListDoesNotAllowADefaultRoute) {
  const RouteGuardOptions options{
      .allow_routes = {IpPrefix::parse("0.0.0.0/0").value()}, .allow_default_route = false, .gateway_addresses = {}};
  EXPECT_TRUE(guard_routes(std::vector{network("0.0.0.0/0")}, options).accepted.empty());
}

TEST(RouteGuard, InstallsABoundedNumberOfRoutes) {
  std::vector<AdvertisedRoute> routes;
  for (std::uint32_t i = 0; i < 6000; ++i)
    routes.push_back({{IpAddress::v4(0x0a000000 + 4 * i), IpAddress::v4(0x0a000000 + 4 * i)}, 0});
  const auto guarded = guard_routes(routes, {});
  EXPECT_EQ(guarded.accepted.size(), kMaxGuardedRoutes);
  EXPECT_EQ(guarded.refused.back().refusal, RouteRefusal::TooMany);
}

TEST(RouteGuard, PlacesEveryAdvertisedAddressExactlyOnceAndNoOther) {
  std::mt19937 random{7};
  const auto upto = [&](std::uint32_t n) { return std::uniform_int_distribution<std::uint32_t>{0, n}(random); };
  for (int round = 0; round < 300; ++round) {
    // Around a forbidden block, the allow list's edge and the gateway.
    const std::uint32_t base = 0xa9fdff00;  // 169.253.255.0
    std::vector<AdvertisedRoute> routes;
    for (std::uint32_t i = upto(4); i-- > 0;) {
      const std::uint32_t first = base + upto(511);
      routes.push_back({{IpAddress::v4(first), IpAddress::v4(first + upto(100))}, 0});
    }
    RouteGuardOptions options{.allow_routes = {},
                              .allow_default_route = upto(1) == 1,
                              .gateway_addresses = {IpAddress::v4(base + upto(255))}};
    if (upto(1) == 1)
      options.allow_routes = {IpPrefix::around(IpAddress::v4(base + 128), 25),
                              IpPrefix::around(IpAddress::v4(base + 256), 26)};
    const auto guarded = guard_routes(routes, options);
    for (std::uint32_t at = base - 2; at < base + 620; ++at) {
      const IpAddress probe = IpAddress::v4(at);
      const auto is_in = [&](const AdvertisedRoute& r) { return r.range.first <= probe && probe <= r.range.last; };
      const bool advertised = std::any_of(routes.begin(), routes.end(), is_in);
      const auto allows = [&](const IpPrefix& p) { return p.contains(probe); };
      const bool allowed =
          options.allow_routes.empty() || std::any_of(options.allow_routes.begin(), options.allow_routes.end(), allows);
      const bool wanted = advertised && allowed && !probe.is_link_local() && probe != options.gateway_addresses[0];
      ASSERT_EQ(holds(guarded, probe), wanted) << probe.to_string() << " round " << round;
      ASSERT_EQ(refusal_of(guarded, probe).has_value(), advertised && !wanted) << probe.to_string();
    }
  }
}

TEST(AddressInterval, CoversAllOfIpv6WithOnePrefix) {
  const auto all = interval_of(IpPrefix::parse("::/0").value());
  EXPECT_EQ(texts(prefixes_of(all, 6)), (Texts{"::/0"}));
  EXPECT_EQ(texts(prefixes_of(interval_of(IpPrefix::parse("0.0.0.0/0").value()), 4)), (Texts{"0.0.0.0/0"}));
  EXPECT_EQ(merged({all, all}), IntervalSet{all});
  EXPECT_TRUE(difference({all}, {all}).empty());
}

TEST(AddressInterval, SetsBehaveAsSetsOfNumbers) {
  std::mt19937 random{11};
  const auto upto = [&](unsigned n) { return std::uniform_int_distribution<unsigned>{0, n}(random); };
  const auto some = [&] {
    std::vector<AddressInterval> intervals;
    for (unsigned i = upto(5); i-- > 0;) {
      const unsigned first = upto(60);
      intervals.push_back({first, first + upto(8)});
    }
    return merged(std::move(intervals));
  };
  const auto has = [](const IntervalSet& set, unsigned number) {
    return std::any_of(set.begin(), set.end(),
                       [&](const AddressInterval& i) { return i.first <= number && number <= i.last; });
  };
  for (int round = 0; round < 3000; ++round) {
    const IntervalSet a = some();
    const IntervalSet b = some();
    const IntervalSet both = intersection(a, b);
    const IntervalSet only_a = difference(a, b);
    for (unsigned number = 0; number < 72; ++number) {
      ASSERT_EQ(has(both, number), has(a, number) && has(b, number));
      ASSERT_EQ(has(only_a, number), has(a, number) && !has(b, number));
    }
  }
}

TEST(RouteRefusal, HasWordsForEveryValue) {
  for (unsigned value = 0; value <= static_cast<unsigned>(RouteRefusal::TooMany); ++value) {
    EXPECT_NE(describe(static_cast<RouteRefusal>(value)), "unknown") << value;
  }
}

}  // namespace
}  // namespace sallyport
