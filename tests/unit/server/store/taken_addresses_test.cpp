#include "server/store/taken_addresses.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace sallyport {
namespace {

TakenAddresses none_of(const char* prefix) { return TakenAddresses{AddressPool{*IpPrefix::parse(prefix)}}; }

std::string lowest_free(const char* prefix, const std::vector<const char*>& taken) {
  auto addresses = none_of(prefix);
  for (const auto* text : taken) addresses.add(*IpAddress::parse(text));
  const auto free = addresses.lowest_free();
  return free ? free->to_string() : "exhausted";
}

TEST(TakenAddresses, BeginBehindTheGateway) {
  EXPECT_EQ(lowest_free("10.99.0.0/24", {}), "10.99.0.2");
  EXPECT_EQ(lowest_free("fd00::/64", {}), "fd00::2");
}

TEST(TakenAddresses, LeaveTheLowestThatNobodyHasInWhateverOrderTheyCome) {
  EXPECT_EQ(lowest_free("10.99.0.0/24", {"10.99.0.3"}), "10.99.0.2");
  EXPECT_EQ(lowest_free("10.99.0.0/24", {"10.99.0.5", "10.99.0.2", "10.99.0.3"}), "10.99.0.4");
  EXPECT_EQ(lowest_free("10.99.0.0/24", {"10.99.0.4", "10.99.0.2", "10.99.0.3"}), "10.99.0.5");
  EXPECT_EQ(lowest_free("10.99.0.0/24", {"10.99.0.2", "10.99.0.2", "10.99.0.3", "10.99.0.2"}), "10.99.0.4");
}

TEST(TakenAddresses, IgnoreWhatNoDeviceCanHave) {
  EXPECT_EQ(lowest_free("10.99.0.0/24", {"10.98.0.2", "10.99.0.0", "10.99.0.1"}), "10.99.0.2");
  EXPECT_EQ(lowest_free("10.99.0.0/24", {"10.99.0.2", "10.99.1.2", "10.99.0.255"}), "10.99.0.3");
  EXPECT_EQ(lowest_free("10.99.0.0/24", {"fd00::2"}), "10.99.0.2");
}

TEST(TakenAddresses, StopBeforeTheBroadcastAddress) {
  EXPECT_EQ(lowest_free("10.99.0.0/30", {}), "10.99.0.2");
  EXPECT_EQ(lowest_free("10.99.0.0/30", {"10.99.0.2"}), "exhausted");
  EXPECT_EQ(lowest_free("fd00::/126", {"fd00::2"}), "fd00::3");
  EXPECT_EQ(lowest_free("fd00::/126", {"fd00::3", "fd00::2"}), "exhausted");
}

TEST(TakenAddresses, EndWithTheAddressSpace) {
  EXPECT_EQ(lowest_free("255.255.255.252/30", {"255.255.255.254"}), "exhausted");
  EXPECT_EQ(lowest_free("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc/126",
                        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"}),
            "exhausted");
}

/// Random addresses of one pool, beside a plain set of them.
class RandomlyTaken : public testing::TestWithParam<const char*> {
 protected:
  void play(unsigned seed) {
    std::mt19937 random{seed};
    const AddressPool pool{*IpPrefix::parse(GetParam())};
    TakenAddresses taken{pool};
    std::set<IpAddress> plain;
    for (int i = 0; i < 400; ++i) {
      // Half of them as the store gives them out.
      auto address = random() % 2 == 0 ? taken.lowest_free() : pool.prefix().network();
      for (auto steps = address == pool.prefix().network() ? random() % 300 : 0; address && steps > 0; --steps)
        address = address->next();
      if (!address) continue;
      taken.add(*address);
      if (pool.can_lease(*address)) plain.insert(*address);
      ASSERT_EQ(taken.has(*address), pool.can_lease(*address)) << seed << ' ' << i;
      ASSERT_EQ(taken.lowest_free(), lowest_by_walking(pool, plain)) << seed << ' ' << i;
    }
  }
  static std::optional<IpAddress> lowest_by_walking(const AddressPool& pool, const std::set<IpAddress>& taken) {
    auto address = std::optional{pool.prefix().network()};
    while (address && pool.prefix().contains(*address)) {
      if (pool.can_lease(*address) && !taken.contains(*address)) return address;
      address = address->next();
    }
    return std::nullopt;
  }
};

TEST_P(RandomlyTaken, AreTheSameAsAPlainSetOfThem) {
  for (unsigned seed = 1; seed <= 50 && !HasFatalFailure(); ++seed) play(seed);
}

INSTANTIATE_TEST_SUITE_P(Pools, RandomlyTaken,
                         testing::Values("10.99.0.0/24", "10.99.0.0/27", "fd00::/120", "fd00::/64"));

}  // namespace
}  // namespace sallyport
