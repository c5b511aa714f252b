#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

constexpr const char* kWall =
    R"({"nftables":[{"chain":{"family":"ip","table":"t","name":"c","type":"filter","hook":"input","policy":"drop"}}]})";
constexpr const char* kNothing = R"({"nftables":[]})";

std::optional<bool> found(const test::MadeUpSystem& system, const std::optional<std::string>& ruleset) {
  return collect_firewall(system.root(), [&] { return ruleset; }).value;
}

TEST(FirewallCollector, AWallForIpv4IsEnoughWithoutIpv6) {
  const test::MadeUpSystem system;
  EXPECT_EQ(found(system, kWall), true);
  system.write("/proc/net/if_inet6", "00000000000000000000000000000001 01 80 10 80 lo\n");
  EXPECT_EQ(found(system, kWall), false);
}

TEST(FirewallCollector, IsUnknownWithoutNft) { EXPECT_EQ(found(test::MadeUpSystem{}, std::nullopt), std::nullopt); }

TEST(FirewallCollector, LeavesOpenWhatOlderRulesDo) {
  const test::MadeUpSystem system;
  EXPECT_EQ(found(system, kNothing), false);
  system.write("/proc/net/ip_tables_names", "nat\nfilter\n");
  EXPECT_EQ(found(system, kNothing), std::nullopt);
  EXPECT_EQ(found(system, kWall), true);
}

}  // namespace
}  // namespace sallyport
