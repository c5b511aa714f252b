#include "client/linux/network_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

InsideSettings dual_stack() {
  return {"sallyport",
          {*IpAddress::parse("10.99.0.14"), *IpAddress::parse("fd12::14")},
          {*IpPrefix::parse("10.20.0.0/16"), *IpPrefix::parse("fd00:20::/48")}};
}

std::vector<std::string> words(const NetworkChanges& changes) {
  std::vector<std::string> lines(changes.size());
  std::transform(changes.begin(), changes.end(), lines.begin(), [](const auto& change) { return describe(change); });
  return lines;
}

TEST(NetworkPlan, MakesTheInterfaceFirstAndRoutesLast) {
  EXPECT_EQ(
      words(plan_network(dual_stack(), Ipv6::Usable)),
      (std::vector<std::string>{"interface sallyport", "IPv4 rule 8383 for table 8383", "IPv6 rule 8383 for table 8383",
                                "address 10.99.0.14/32 dev sallyport", "address fd12::14/128 dev sallyport",
                                "route 10.20.0.0/16 dev sallyport", "route fd00:20::/48 dev sallyport"}));
}

TEST(NetworkPlan, LeavesOutAFamilyThatTheSystemHasSwitchedOff) {
  EXPECT_EQ(words(plan_network(dual_stack(), Ipv6::Absent)),
            (std::vector<std::string>{"interface sallyport", "IPv4 rule 8383 for table 8383",
                                      "address 10.99.0.14/32 dev sallyport", "route 10.20.0.0/16 dev sallyport"}));
}

TEST(NetworkPlan, ClosesEveryOtherWayToWhatAnInterfaceWithoutIpv6CannotCarry) {
  EXPECT_EQ(words(plan_network(dual_stack(), Ipv6::Off)),
            (std::vector<std::string>{"interface sallyport", "IPv4 rule 8383 for table 8383",
                                      "IPv6 rule 8383 for table 8383", "address 10.99.0.14/32 dev sallyport",
                                      "route 10.20.0.0/16 dev sallyport", "barrier for fd00:20::/48"}));
}

TEST(NetworkPlan, KeepsRoutesOutOfTheMainTableAndTheOutsideSocketOutOfOurs) {
  for (const auto& change : plan_network(dual_stack(), Ipv6::Usable)) {
    if (const auto* route = std::get_if<Route>(&change)) {
      EXPECT_EQ(route->table, kTunnelTable);
    }
    if (const auto* rule = std::get_if<RoutingRule>(&change)) {
      EXPECT_TRUE(rule->invert);
      EXPECT_EQ(rule->mark, kOutsideMark);
      EXPECT_LT(rule->priority, 32766U) << "must come before the main table";
    }
  }
}

}  // namespace
}  // namespace sallyport
