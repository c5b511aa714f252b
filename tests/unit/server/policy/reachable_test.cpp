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

std::string reachable(std::string_view text, WallTime now = kToday) {
  return text_of(policy_of(text)->rights_for(as("ana@example.com"), now)->reachable(now));
}

bool contains(const std::vector<IpRange>& ranges, const IpAddress& address) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const IpRange& range) {
    return range.first.version() == address.version() && range.first <= address && address <= range.last;
  });
}

/// One destination for every service at which the answer can change, and one that only "any" covers.
std::vector<Destination> services_of(const PolicyDocument& document, const IpAddress& address) {
  std::set<ServiceKey> keys{make_service_key(99, 0)};
  for (const auto& resource : document.resources) {
    for (const auto& range : resource.services) keys.insert({range.first, range.last, range.last + 1});
  }
  std::vector<Destination> destinations;
  for (const auto key : keys) {
    const auto protocol = static_cast<std::uint8_t>(key >> 16U);
    const bool icmp6 = protocol == kProtocolIcmp && !address.is_v4();
    destinations.push_back({address, icmp6 ? kProtocolIcmpV6 : protocol, static_cast<std::uint16_t>(key & 0xffffU)});
  }
  return destinations;
}

bool is_sorted_and_merged(const std::vector<IpRange>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].first.version() != ranges[i].last.version() || ranges[i].last < ranges[i].first) return false;
    if (i == 0) continue;
    const auto after = ranges[i - 1].last.next();
    const bool same_family = ranges[i - 1].last.version() == ranges[i].first.version();
    if (same_family && (!after || !(*after < ranges[i].first))) return false;
    if (!same_family && !ranges[i - 1].last.is_v4()) return false;
  }
  return true;
}

constexpr std::string_view kHead = R"(
version = 1
[resources]
net  = { net = ["10.0.0.0/24", "fd00::/64"], ports = "any" }
half = { net = "10.0.0.128/25", ports = "any" }
web  = { net = "10.0.0.128/25", ports = "443/tcp" }
next = { net = "10.0.1.0/24", ports = "icmp" }
all  = { net = ["0.0.0.0/0", "::/0"], ports = "1/tcp" }
)";

std::string with(std::string_view rules) { return std::string{kHead} + std::string{rules}; }

TEST(Reachable, JoinsNeighboursAndPutsIpv4First) {
  EXPECT_EQ(reachable(with("[allow.a]\nwho = \"everyone\"\nto = [\"net\", \"next\"]\n")),
            "10.0.0.0-10.0.1.255 fd00::-fd00::ffff:ffff:ffff:ffff");
}

TEST(Reachable, LeavesOutWhatIsDeniedEntirely) {
  EXPECT_EQ(
      reachable(with("[allow.a]\nwho = \"everyone\"\nto = \"net\"\n[deny.a]\nwho = \"everyone\"\nto = \"half\"\n")),
      "10.0.0.0-10.0.0.127 fd00::-fd00::ffff:ffff:ffff:ffff");
  EXPECT_EQ(
      reachable(with("[allow.a]\nwho = \"everyone\"\nto = \"net\"\n[deny.a]\nwho = \"everyone\"\nto = \"any\"\n")), "");
}

TEST(Reachable, KeepsWhatIsDeniedInPart) {
  EXPECT_EQ(
      reachable(with("[allow.a]\nwho = \"everyone\"\nto = \"half\"\n[deny.a]\nwho = \"everyone\"\nto = \"web\"\n")),
      "10.0.0.128-10.0.0.255");
  EXPECT_EQ(
      reachable(with("[allow.a]\nwho = \"everyone\"\nto = \"web\"\n[deny.a]\nwho = \"everyone\"\nto = \"web\"\n")), "");
}

TEST(Reachable, CoversTheWholeFamilyWithoutWrappingAround) {
  EXPECT_EQ(reachable(with("[allow.a]\nwho = \"everyone\"\nto = \"all\"\n")),
            "0.0.0.0-255.255.255.255 ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(Reachable, ChangesExactlyWhenItSays) {
  const auto policy = policy_of(with(R"(
[allow.a]
who = "everyone"
to = "half"
until = 2026-12-01
[allow.b]
who = "everyone"
to = "next"
)"));
  const auto rights = policy->rights_for(as("ana@example.com"), kToday);
  EXPECT_EQ(rights->valid_until(kToday), at("2026-12-01"));
  EXPECT_EQ(text_of(rights->reachable(at("2026-11-30T23:59:59Z"))), "10.0.0.128-10.0.1.255");
  EXPECT_EQ(text_of(rights->reachable(at("2026-12-01"))), "10.0.1.0-10.0.1.255");
  EXPECT_EQ(rights->valid_until(at("2026-12-01")), kNever);
}

TEST(Reachable, IsCalculatedOnceForSessionsOfEqualRightsAndAnewWhenADatePassesOrAGuardTurns) {
  const auto policy = policy_of(with(R"(
[allow.a]
who = "everyone"
to = "half"
until = 2026-12-01
[allow.b]
who = "everyone"
to = "next"
key_age = "5m"
)"));
  auto proved = as("bo@example.com");
  proved.key_proved = kToday;
  const auto ana = policy->rights_for(as("ana@example.com"), kToday);
  const auto eve = policy->rights_for(as("eve@example.com"), kToday + std::chrono::seconds{5});
  const auto bo = policy->rights_for(proved, kToday);
  EXPECT_EQ(ana->routes(kToday), eve->routes(kToday + std::chrono::seconds{5}));
  EXPECT_EQ(text_of(*ana->routes(kToday)), "10.0.0.128-10.0.0.255");
  EXPECT_EQ(text_of(*bo->routes(kToday)), "10.0.0.128-10.0.1.255");
  EXPECT_EQ(text_of(*ana->routes(at("2026-12-01"))), "");
  EXPECT_EQ(text_of(*bo->routes(kToday - std::chrono::seconds{1})), "") << "made for a later moment";
}

TEST(Reachable, AgreesWithJudgeOnRandomPolicies) {
  const auto seed = random_seed();
  std::cout << "SALLYPORT_TEST_SEED=" << seed << std::endl;
  RandomPolicy random{seed};
  std::size_t open = 0;
  for (unsigned round = 0; round < 1'500; ++round) {
    const auto document = random.document();
    const auto policy = Policy::compile(document);
    ASSERT_TRUE(policy.has_value());
    const auto now = random.time();
    const auto rights = (*policy)->rights_for(random.evidence(), now);
    const auto ranges = rights->reachable(now);
    ASSERT_TRUE(is_sorted_and_merged(ranges)) << text_of(ranges);
    for (unsigned i = 0; i < 20; ++i) {
      const auto address = random.address();
      const auto services = services_of(document, address);
      const bool expected = std::any_of(services.begin(), services.end(),
                                        [&](const Destination& to) { return rights->judge(to, now).allows(); });
      ASSERT_EQ(contains(ranges, address), expected) << address.to_string() << " in " << text_of(ranges) << "\n"
                                                     << print_policy(document);
      open += expected ? 1U : 0U;
    }
    for (auto later = now; later < std::min(rights->valid_until(now), now + std::chrono::seconds{15});
         later += std::chrono::seconds{1}) {
      ASSERT_EQ(rights->reachable(later), ranges);
      ASSERT_EQ(*rights->routes(later), ranges);
    }
  }
  EXPECT_GT(open, 1'000U);
}

}  // namespace
}  // namespace sallyport
