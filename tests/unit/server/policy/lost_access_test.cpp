#include "server/policy/lost_access.hpp"

#include "server/policy/policy.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/printer.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <set>

namespace sallyport {
namespace {

constexpr std::string_view kHead = R"(
version = 1
[resources]
net  = { net = ["10.0.0.0/24", "fd00::/64"], ports = ["22/tcp", "80-90/tcp"] }
web  = { net = "10.0.0.128/25", ports = "85/tcp" }
six  = { net = "fd00::7", ports = "22/tcp" }
host = { net = "10.0.0.7", ports = "any" }
)";

bool loses(std::string_view before, std::string_view after, Evidence who = as("ana@example.com")) {
  const auto present = policy_of(std::string{kHead} + std::string{before});
  const auto candidate = policy_of(std::string{kHead} + std::string{after});
  return LostAccess{present, candidate, kToday}.by(who);
}

constexpr std::string_view kAll = "[allow.a]\nwho = \"everyone\"\nto = \"net\"\n";

std::string all_but(std::string_view resource) {
  return std::string{kAll} + "[deny.d]\nwho = \"everyone\"\nto = \"" + std::string{resource} + "\"\n";
}

TEST(LostAccess, IsOneServiceOnOneAddress) {
  EXPECT_TRUE(loses(kAll, all_but("web")));
  EXPECT_TRUE(loses(kAll, all_but("six")));
  EXPECT_TRUE(loses(kAll, ""));
  EXPECT_FALSE(loses(kAll, kAll));
}

TEST(LostAccess, IsNoneWhereOnlyMoreIsAllowed) {
  EXPECT_FALSE(loses(all_but("web"), kAll));
  EXPECT_FALSE(loses("", kAll));
  EXPECT_FALSE(loses(kAll, std::string{kAll} + "[allow.b]\nwho = \"everyone\"\nto = \"host\"\n"));
}

TEST(LostAccess, CountsOnlyWhatIsOpenNow) {
  const std::string dated = std::string{kAll} + "proof_age = \"5m\"\n";
  auto proved = as("ana@example.com");
  proved.user_proved = kToday;
  EXPECT_FALSE(loses(dated, ""));
  EXPECT_TRUE(loses(dated, "", proved));
  EXPECT_TRUE(loses(kAll, dated));
  EXPECT_FALSE(loses(kAll, dated, proved));
  auto expired = as("ana@example.com");
  expired.certificate_expires = kToday;
  EXPECT_FALSE(loses(kAll, "", expired));
}

/// Every service at which one of the two can change its answer, and one that only "any" covers.
std::set<ServiceKey> keys_of(const PolicyDocument& a, const PolicyDocument& b) {
  std::set<ServiceKey> keys{make_service_key(99, 0)};
  for (const auto* document : {&a, &b}) {
    for (const auto& resource : document->resources) {
      for (const auto& range : resource.services) keys.insert({range.first, range.last, range.last + 1});
    }
  }
  return keys;
}

/// Both ends of every prefix and their neighbours outside.
std::set<IpAddress> addresses_of(const PolicyDocument& a, const PolicyDocument& b) {
  std::set<IpAddress> addresses;
  for (const auto* document : {&a, &b}) {
    for (const auto& resource : document->resources) {
      for (const auto& prefix : resource.prefixes) {
        addresses.insert({prefix.first(), prefix.last()});
        if (const auto next = prefix.last().next()) addresses.insert(*next);
      }
    }
  }
  return addresses;
}

TEST(LostAccess, AgreesWithJudgeOnRandomPairsOfPolicies) {
  const auto seed = random_seed();
  std::cout << "SALLYPORT_TEST_SEED=" << seed << std::endl;
  RandomPolicy random{seed};
  std::size_t losses = 0;
  for (unsigned round = 0; round < 1'500; ++round) {
    const auto before = random.document();
    auto after = random.chance(50) ? before : random.document();
    if (!after.rules.empty() && random.chance(70)) after.rules.erase(after.rules.begin());
    const auto present = Policy::compile(before);
    const auto candidate = Policy::compile(after);
    ASSERT_TRUE(present && candidate);
    const auto evidence = random.evidence();
    const auto now = random.time();
    const auto rights = (*present)->rights_for(evidence, now);
    const auto fewer = (*candidate)->rights_for(evidence, now);
    bool expected = false;
    for (const auto& address : addresses_of(before, after)) {
      for (const auto key : keys_of(before, after)) {
        const auto protocol = static_cast<std::uint8_t>(key >> 16U);
        const bool icmp6 = protocol == kProtocolIcmp && !address.is_v4();
        const Destination to{address, icmp6 ? kProtocolIcmpV6 : protocol, static_cast<std::uint16_t>(key & 0xffffU)};
        expected = expected || (rights->judge(to, now).allows() && !fewer->judge(to, now).allows());
      }
    }
    LostAccess lost{*present, *candidate, now};
    ASSERT_EQ(lost.by(evidence), expected) << print_policy(before) << "\n--- after\n" << print_policy(after);
    ASSERT_EQ(lost.by(evidence), expected) << "asked again";
    losses += expected ? 1U : 0U;
  }
  EXPECT_GT(losses, 100U);
  EXPECT_LT(losses, 1'400U);
}

}  // namespace
}  // namespace sallyport
