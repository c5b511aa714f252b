#include "server/store/address_pool.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

AddressPool pool_of(const char* prefix) { return AddressPool{*IpPrefix::parse(prefix)}; }
IpAddress address(const char* text) { return *IpAddress::parse(text); }

TEST(AddressPool, KeepsTheFirstHostForTheGateway) {
  EXPECT_EQ(pool_of("10.99.0.0/24").gateway().to_string(), "10.99.0.1");
  EXPECT_EQ(pool_of("fd00::/64").gateway().to_string(), "fd00::1");
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
