#include "server/policy/analysis/region.hpp"

#include "server/policy/analysis/region_text.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

Region region_of(const PolicyResource& resource) { return Region::of(resource.prefixes, resource.services); }

PolicyResource resource(std::string name, const std::vector<std::string>& prefixes,
                        const std::vector<std::string>& services) {
  PolicyResource made{std::move(name), {}, {}, {}, {}};
  for (const auto& each : prefixes) made.prefixes.push_back(IpPrefix::parse(each).value());
  for (const auto& each : services) made.services.push_back(parse_service(each).value());
  return made;
}

TEST(Region, HoldsWhatItsPartsHold) {
  const auto seed = random_seed();
  RecordProperty("seed", std::to_string(seed));
  RandomPolicy random{seed};
  for (int round = 0; round < 300; ++round) {
    const auto document = random.document();
    const auto a = region_of(document.resources[random.below(document.resources.size())]);
    const auto b = region_of(document.resources[random.below(document.resources.size())]);
    const auto united = a.united(b);
    const auto within = a.within(b);
    const auto without = a.without(b);
    for (int question = 0; question < 50; ++question) {
      const auto to = random.destination();
      const bool in_a = a.contains(to);
      const bool in_b = b.contains(to);
      ASSERT_EQ(united.contains(to), in_a || in_b) << to_string(to) << " seed " << seed;
      ASSERT_EQ(within.contains(to), in_a && in_b) << to_string(to) << " seed " << seed;
      ASSERT_EQ(without.contains(to), in_a && !in_b) << to_string(to) << " seed " << seed;
    }
    ASSERT_EQ(within.united(without), a) << "equal sets have one form; seed " << seed;
    ASSERT_EQ(a.covers(b), b.without(a).empty());
    auto removed = a;
    removed.remove(b);
    ASSERT_EQ(removed, without) << "seed " << seed;
    ASSERT_EQ(b.within(a.around(b)), b.within(a)) << "seed " << seed;
  }
}

TEST(Region, IsCalledByTheResourcesThatCoincideWithIt) {
  const auto git = resource("git", {"10.0.0.1"}, {"22/tcp", "443/tcp"});
  const auto wiki = resource("wiki", {"10.0.0.2", "fd00::2"}, {"443/tcp"});
  const std::vector<PolicyResource> all{git, wiki};
  EXPECT_EQ(to_string(parts_of(region_of(git).united(region_of(wiki)), all)), "git, wiki");
  const auto https = region_of(resource("", {"10.0.0.1"}, {"443/tcp"}));
  EXPECT_EQ(to_string(parts_of(https, all)), "git on 443/tcp");
  const auto other = region_of(resource("", {"10.0.1.0/24", "10.0.2.0/25"}, {"any"}));
  EXPECT_EQ(to_string(parts_of(other, all)), "10.0.1.0-10.0.2.127");
  EXPECT_EQ(to_string(parts_of(region_of(wiki).united(https), all)), "wiki, git on 443/tcp");
}

TEST(Region, SaysWhatIsLeftOfEverything) {
  const auto all = region_of(resource("", {"10.0.0.0/8"}, {"any"}));
  const auto ssh = region_of(resource("", {"10.0.0.0/8"}, {"22/tcp"}));
  EXPECT_EQ(plain_text(all.without(ssh)), "10.0.0.0/8 on IP protocols 0-5, 0-21/tcp, 23-65535/tcp, IP protocols 7-255");
}

}  // namespace
}  // namespace sallyport
