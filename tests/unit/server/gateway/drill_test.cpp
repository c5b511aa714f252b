#include "server/gateway/drill.hpp"

#include "server/enrolment/drill_identity.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

Evidence evidence_of(std::string_view user) {
  Evidence evidence;
  evidence.user = UserId{std::string{user}};
  evidence.device = DeviceId{"revocation-drill-1"};
  return evidence;
}

bool allows(const Policy& policy, std::string_view user, const char* to) {
  const auto rights = policy.rights_for(evidence_of(user), kNow);
  return rights->judge(*Destination::parse(to), kNow).allows();
}

TEST(Drill, ReachesOnePortOfTheGatewayAndNothingElse) {
  const auto policy = drill_policy(*IpAddress::parse("10.99.0.1"), 40000);
  ASSERT_TRUE(policy) << policy.error();
  EXPECT_TRUE(allows(**policy, kDrillUser, "10.99.0.1:40000/udp"));
  for (const char* to :
       {"10.99.0.1:40001/udp", "10.99.0.1:40000/tcp", "10.99.0.2:40000/udp", "10.20.4.10:443/tcp", "10.99.0.1/icmp"}) {
    EXPECT_FALSE(allows(**policy, kDrillUser, to)) << to;
  }
  EXPECT_FALSE(allows(**policy, "ana@example.com", "10.99.0.1:40000/udp")) << "and nobody else reaches anything by it";
}

TEST(Drill, WorksWithEitherFamily) {
  EXPECT_EQ(drill_target({.v4 = IpPrefix::parse("10.99.0.0/24"), .v6 = IpPrefix::parse("fd12::/64")}).to_string(),
            "10.99.0.1");
  const auto target = drill_target({.v4 = {}, .v6 = IpPrefix::parse("fd12::/64")});
  EXPECT_EQ(target.to_string(), "fd12::1");
  const auto policy = drill_policy(target, 40000);
  ASSERT_TRUE(policy) << policy.error();
  EXPECT_TRUE(allows(**policy, kDrillUser, "[fd12::1]:40000/udp"));
}

}  // namespace
}  // namespace sallyport
