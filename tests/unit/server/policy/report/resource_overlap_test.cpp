#include "server/policy/report/resource_overlap.hpp"
#include "server/policy/resolved_policy.hpp"
#include "tests/unit/server/policy/policy_text.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sallyport {
namespace {

/// "a>b" for b lying in a, "a~b" for a part of it.
std::string overlaps_in(const std::string& resources) {
  const auto policy = policy_of("version = 1\n[resources]\n" + resources);
  const auto& list = policy->resolved().document.resources;
  const ResourceOverlaps overlaps{list};
  std::string text;
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    for (const auto& each : overlaps.of(i))
      text += (text.empty() ? "" : " ") + list[i].name + (each.whole ? '>' : '~') + list[each.resource].name;
  }
  return text;
}

TEST(ResourceOverlaps, FindWhatLiesInWhat) {
  EXPECT_EQ(overlaps_in("a = { net = \"10.0.0.0/8\", ports = \"any\" }\n"
                        "b = { net = \"10.1.0.0/16\", ports = \"443/tcp\" }\n"
                        "c = { net = \"192.0.2.0/24\", ports = \"any\" }\n"),
            "a>b b~a");
}

TEST(ResourceOverlaps, AskForAddressAndPortTogether) {
  EXPECT_EQ(
      overlaps_in("a = { net = \"10.0.0.1\", ports = \"22/tcp\" }\nb = { net = \"10.0.0.1\", ports = \"443/tcp\" }\n"),
      "");
  EXPECT_EQ(
      overlaps_in(
          "a = { net = \"10.0.0.1\", ports = \"22-80/tcp\" }\nb = { net = \"10.0.0.1\", ports = \"80-90/tcp\" }\n"),
      "a~b b~a");
}

TEST(ResourceOverlaps, CallItWholeOnlyWhenEveryPrefixLiesInside) {
  EXPECT_EQ(overlaps_in("a = { net = [\"10.0.0.0/8\", \"10.1.0.0/16\"], ports = \"any\" }\n"
                        "b = { net = [\"10.1.0.0/16\", \"192.0.2.0/24\"], ports = \"any\" }\n"),
            "a~b b~a");
  EXPECT_EQ(overlaps_in("a = { net = \"10.0.0.1\", ports = \"any\" }\nb = { net = \"10.0.0.1\", ports = \"any\" }\n"),
            "a>b b>a");
}

TEST(ResourceOverlaps, JoinWhatTouches) {
  EXPECT_EQ(
      overlaps_in("a = { net = \"10.0.0.0/8\", ports = \"8000-8100/tcp\" }\n"
                  "b = { net = [\"10.0.0.0/9\", \"10.128.0.0/9\"], ports = [\"8000-8050/tcp\", \"8051-8100/tcp\"] }\n"),
      "a>b b>a");
}

TEST(ResourceOverlaps, AgreeWithLookingAtEveryPair) {
  std::mt19937 random{7};
  const auto pick = [&random](unsigned n) { return static_cast<unsigned>(random() % n); };
  for (int round = 0; round < 200; ++round) {
    std::vector<PolicyResource> resources(6);
    for (auto& resource : resources) {
      std::vector<IpPrefix> prefixes;
      for (unsigned n = 1 + pick(3); n > 0; --n)
        prefixes.push_back(IpPrefix::around(IpAddress::v4(0x0a000000U + pick(8)), 29 + pick(4)));
      std::sort(prefixes.begin(), prefixes.end());
      prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
      resource.prefixes = prefixes;
      resource.services = {kAnyService};
    }
    const ResourceOverlaps overlaps{resources};
    for (std::uint32_t a = 0; a < resources.size(); ++a) {
      std::string expected;
      std::string found;
      for (const auto& each : overlaps.of(a)) found += std::to_string(each.resource) + (each.whole ? '>' : '~');
      for (std::uint32_t b = 0; b < resources.size(); ++b) {
        bool meets = false;
        bool inside = true;
        for (unsigned host = 0; host < 8; ++host) {
          const auto in = [&](const PolicyResource& resource) {
            return std::any_of(resource.prefixes.begin(), resource.prefixes.end(), [host](const IpPrefix& prefix) {
              return prefix.contains(IpAddress::v4(0x0a000000U + host));
            });
          };
          meets = meets || (in(resources[a]) && in(resources[b]));
          inside = inside && (in(resources[a]) || !in(resources[b]));
        }
        if (a != b && meets) expected += std::to_string(b) + (inside ? '>' : '~');
      }
      ASSERT_EQ(found, expected) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace sallyport
