#include "server/gateway/inside_owners.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

struct Owner {};

InsideAddresses addresses(const char* v4, const char* v6) {
  return {.v4 = IpAddress::parse(v4), .v6 = IpAddress::parse(v6)};
}

TEST(InsideOwners, GivesTheOwnerBeforeOnceThoughBothAddressesWereItsOwn) {
  InsideOwners<Owner> owners;
  Owner first;
  Owner second;
  std::vector<Owner*> taken;
  const auto note = [&taken](Owner& older) { taken.push_back(&older); };
  owners.claim(first, addresses("10.99.0.2", "fd12::2"), note);
  EXPECT_TRUE(taken.empty());
  owners.claim(second, addresses("10.99.0.2", "fd12::2"), note);
  EXPECT_EQ(taken, std::vector<Owner*>{&first});
  EXPECT_EQ(owners.find(*IpAddress::parse("fd12::2")), &second);
}

TEST(InsideOwners, ForgettingTheOlderOwnerLeavesTheAddressWithTheNewer) {
  InsideOwners<Owner> owners;
  Owner first;
  Owner second;
  owners.claim(first, addresses("10.99.0.2", "fd12::2"), [](Owner&) {});
  owners.claim(second, addresses("10.99.0.2", "fd12::2"), [](Owner&) {});
  owners.forget(first);
  EXPECT_EQ(owners.find(*IpAddress::parse("10.99.0.2")), &second);
  owners.forget(second);
  EXPECT_EQ(owners.find(*IpAddress::parse("10.99.0.2")), nullptr);
}

}  // namespace
}  // namespace sallyport
