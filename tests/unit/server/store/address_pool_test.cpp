#include "server/store/address_pool.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport {
namespace {

AddressPool pool_of(const char* prefix) { return AddressPool{*IpPrefix::parse(prefix)}; }
IpAddress address(const char* text) { return *IpAddress::parse(text); }

std::string first_free(const char* prefix, const std::vector<const char*>& taken) {
  std::vector<IpAddress> addresses;
  for (const auto* text : taken) addresses.push_back(address(text));
  const auto free = pool_of(prefix).first_free(addresses);
  return free ? free->to_string() : "exhausted";
}

TEST(AddressPool, KeepsTheFirstHostForTheGateway) {
  EXPECT_EQ(pool_of("10.99.0.0/24").gateway().to_string(), "10.99.0.1");
  EXPECT_EQ(pool_of("fd00::/64").gateway().to_string(), "fd00::1");
  EXPECT_EQ(first_free("10.99.0.0/24", {}), "10.99.0.2");
  EXPECT_EQ(first_free("fd00::/64", {}), "fd00::2");
}

TEST(AddressPool, GivesTheLowestAddressThatNobodyHas) {
  EXPECT_EQ(first_free("10.99.0.0/24", {"10.99.0.3"}), "10.99.0.2");
  EXPECT_EQ(first_free("10.99.0.0/24", {"10.99.0.2", "10.99.0.3", "10.99.0.5"}), "10.99.0.4");
  EXPECT_EQ(first_free("10.99.0.0/24", {"10.99.0.2", "10.99.0.3"}), "10.99.0.4");
}

TEST(AddressPool, IgnoresAddressesThatAreTakenOutsideIt) {
  EXPECT_EQ(first_free("10.99.0.0/24", {"10.98.0.2", "10.99.0.0", "10.99.0.1"}), "10.99.0.2");
  EXPECT_EQ(first_free("10.99.0.0/24", {"10.99.0.2", "10.99.1.2"}), "10.99.0.3");
}

TEST(AddressPool, StopsBeforeTheBroadcastAddress) {
  EXPECT_EQ(first_free("10.99.0.0/30", {}), "10.99.0.2");
  EXPECT_EQ(first_free("10.99.0.0/30", {"10.99.0.2"}), "exhausted");
  EXPECT_EQ(first_free("fd00::/126", {"fd00::2"}), "fd00::3");
  EXPECT_EQ(first_free("fd00::/126", {"fd00::2", "fd00::3"}), "exhausted");
}

TEST(AddressPool, EndsWithTheAddressSpace) {
  EXPECT_EQ(first_free("255.255.255.252/30", {"255.255.255.254"}), "exhausted");
  EXPECT_EQ(first_free("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc/126",
                       {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}),
            "exhausted");
}

TEST(AddressPool, LeasesNeitherNetworkNorGatewayNorBroadcastNorStrangers) {
  const auto v4 = pool_of("10.99.0.0/24");
  EXPECT_FALSE(v4.can_lease(address("10.99.0.0")));
  EXPECT_FALSE(v4.can_lease(address("10.99.0.1")));
  EXPECT_FALSE(v4.can_lease(address("10.99.0.255")));
  EXPECT_FALSE(v4.can_lease(address("10.99.1.2")));
  EXPECT_FALSE(v4.can_lease(address("fd00::2")));
  EXPECT_TRUE(v4.can_lease(address("10.99.0.2")));
  EXPECT_TRUE(v4.can_lease(address("10.99.0.254")));
}

}  // namespace
}  // namespace sallyport
