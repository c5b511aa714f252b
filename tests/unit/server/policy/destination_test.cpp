#include "server/policy/destination.hpp"
#include "server/policy/services.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace sallyport {
namespace {

std::string canonical(std::string_view text) {
  const auto parsed = Destination::parse(text);
  return parsed ? to_string(*parsed) : "error: " + parsed.error();
}

TEST(Destination, ReadsTheFormsPeopleWrite) {
  EXPECT_EQ(canonical("10.0.0.1:443/tcp"), "10.0.0.1:443/tcp");
  EXPECT_EQ(canonical("10.0.0.1:53/udp"), "10.0.0.1:53/udp");
  EXPECT_EQ(canonical("10.0.0.1:443"), "10.0.0.1:443/tcp");
  EXPECT_EQ(canonical("[fd00::1]:443"), "[fd00::1]:443/tcp");
  EXPECT_EQ(canonical("10.0.0.1/icmp"), "10.0.0.1/icmp");
  EXPECT_EQ(canonical("[fd00::1]/icmp"), "[fd00::1]/icmp");
  EXPECT_EQ(canonical("fd00::1/icmp"), "[fd00::1]/icmp");
  EXPECT_EQ(canonical("10.0.0.1/47"), "10.0.0.1/47");
}

TEST(Destination, GivesIcmpTheNumberOfItsFamily) {
  EXPECT_EQ(Destination::parse("10.0.0.1/icmp")->protocol, 1);
  EXPECT_EQ(Destination::parse("[fd00::1]/icmp")->protocol, 58);
}

TEST(Destination, RefusesWhatItCannotBeSureOf) {
  for (const auto* bad : {"",
                          ":",
                          "/",
                          "[",
                          "[]",
                          "10.0.0.1",
                          "fd00::1",
                          "fd00::1:443/tcp",
                          "[fd00::1:443",
                          "[10.0.0.1]:443",
                          "10.0.0.1:",
                          "10.0.0.1:0443",
                          "10.0.0.1:65536",
                          "10.0.0.1:443/",
                          "10.0.0.1:443/tpc",
                          "10.0.0.1:443/tcp/x",
                          "10.0.0.1/256",
                          "10.0.0.1:8/icmp",
                          "host:443",
                          "[fd00::1]x:443",
                          "[::ffff:10.0.0.1]:443",
                          " 10.0.0.1:443",
                          "10.0.0.1:443 ",
                          "10.0.0.1:-1",
                          "10.0.0.256:1"}) {
    EXPECT_FALSE(Destination::parse(bad).has_value()) << bad;
  }
}

TEST(Destination, NeverEchoesControlCharacters) {
  EXPECT_EQ(Destination::parse("\x1b[2J").error().find('\x1b'), std::string::npos);
}

TEST(Destination, PrintsWhatItReads) {
  RandomPolicy random{random_seed()};
  for (unsigned i = 0; i < 10'000; ++i) {
    auto destination = random.destination();
    if (random.chance(20)) destination.protocol = static_cast<std::uint8_t>(random.below(256));
    const auto again = Destination::parse(to_string(destination));
    ASSERT_TRUE(again.has_value()) << to_string(destination);
    ASSERT_EQ(*again, destination) << to_string(destination);
  }
}

TEST(Services, PrintsWhatItReads) {
  for (const auto* text : {"443/tcp", "53/udp", "8000-8100/tcp", "0-65535/udp", "icmp", "any"}) {
    const auto range = parse_service(text);
    ASSERT_TRUE(range.has_value()) << text;
    EXPECT_EQ(to_string(*range), text);
  }
}

TEST(Services, IcmpMeansTheIcmpOfTheFamilyAndNoOther) {
  const auto icmp = *parse_service("icmp");
  const auto v4 = *IpAddress::parse("10.0.0.1");
  const auto v6 = *IpAddress::parse("fd00::1");
  EXPECT_TRUE(icmp.contains(service_key({v4, 1, 0})));
  EXPECT_TRUE(icmp.contains(service_key({v6, 58, 0})));
  EXPECT_FALSE(icmp.contains(service_key({v6, 1, 0})));
  EXPECT_FALSE(icmp.contains(service_key({v4, 58, 0})));
}

TEST(Services, AnyMeansEveryProtocolAndPort) {
  const auto address = *IpAddress::parse("10.0.0.1");
  EXPECT_TRUE(kAnyService.contains(service_key({address, 0, 0})));
  EXPECT_TRUE(kAnyService.contains(service_key({address, 255, 65535})));
}

}  // namespace
}  // namespace sallyport
