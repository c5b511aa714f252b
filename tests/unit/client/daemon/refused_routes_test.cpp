#include "client/daemon/refused_routes.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

RefusedRange range(const char* first, const char* last, RouteRefusal refusal) {
  return {{*IpAddress::parse(first), *IpAddress::parse(last)}, refusal};
}

TEST(RefusedRoutes, AreAddressesOrRangesWithWords) {
  const std::vector ranges{range("127.0.0.0", "127.255.255.255", RouteRefusal::Loopback),
                           range("203.0.113.9", "203.0.113.9", RouteRefusal::HoldsGateway)};
  const auto routes = refused_routes(ranges);
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].route, "127.0.0.0 - 127.255.255.255");
  EXPECT_EQ(routes[0].reason, describe(RouteRefusal::Loopback));
  EXPECT_EQ(routes[1].route, "203.0.113.9");
}

TEST(RefusedRoutes, AreNoMoreThanAnybodyReads) {
  const std::vector ranges(1000, range("127.0.0.1", "127.0.0.1", RouteRefusal::Loopback));
  EXPECT_EQ(refused_routes(ranges).size(), kMaxRefusedRoutes);
}

TEST(RefusedRoutes, AreNewsOnceUnlessTheReasonIsAnother) {
  const std::vector<RefusedRoute> known{{"10.0.0.1", "a"}, {"10.0.0.2", "a"}};
  const std::vector<RefusedRoute> now{{"10.0.0.2", "b"}, {"10.0.0.1", "a"}, {"10.0.0.3", "a"}};
  EXPECT_EQ(routes_beyond(known, now), (std::vector<RefusedRoute>{{"10.0.0.2", "b"}, {"10.0.0.3", "a"}}));
  EXPECT_TRUE(routes_beyond(now, now).empty());
}

}  // namespace
}  // namespace sallyport
