#include "server/policy/session_facts.hpp"

#include "server/policy/policy.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/printer.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace sallyport {
namespace {

TEST(SessionFacts, OfTheSameKeyMeetTheSameRules) {
  const auto seed = random_seed();
  std::cout << "SALLYPORT_TEST_SEED=" << seed << std::endl;
  RandomPolicy random{seed};
  std::size_t shared = 0;
  for (unsigned i = 0; i < 500; ++i) {
    const auto document = random.document();
    const auto policy = Policy::compile(document);
    ASSERT_TRUE(policy.has_value()) << print_policy(document);
    std::map<std::string, std::vector<std::uint32_t>> rules;
    for (unsigned session = 0; session < 100; ++session) {
      const auto evidence = random.evidence();
      const SessionFacts facts{(*policy)->resolved(), evidence};
      const auto [place, is_new] = rules.try_emplace(facts.key(), facts.applicable_rules());
      ASSERT_EQ(place->second, facts.applicable_rules()) << print_policy(document);
      if (!is_new) ++shared;
    }
  }
  EXPECT_GT(shared, 1000U);
}

TEST(SessionFacts, ShareAKeyAmongPeopleOfTheSameGroupsWhomNoRuleNames) {
  const auto policy = policy_of(
      "version = 1\n[groups]\nteam = [\"ana@example.com\", \"bo@example.com\", \"cy@example.com\"]\n"
      "[networks]\noffices = [\"198.51.100.0/24\"]\n[resources]\ngit = { net = \"10.0.0.1\", ports = \"22/tcp\" }\n"
      "[allow.team]\nwho = \"team\"\nto = \"git\"\nnot_from = \"offices\"\n"
      "[allow.cy]\nwho = \"cy@example.com\"\nto = \"git\"\n"
      "[allow.one-laptop]\nwho = \"everyone\"\nto = \"git\"\ndevices = [\"special\"]\n");
  const auto key = [&policy](const std::string& user, const std::string& device, std::string_view source) {
    const auto evidence = as(user, device, source);
    return SessionFacts{policy->resolved(), evidence}.key();
  };
  const auto anas = key("ana@example.com", "laptop-1", "192.0.2.7");
  EXPECT_EQ(key("bo@example.com", "laptop-2", "192.0.2.8"), anas);
  EXPECT_NE(key("cy@example.com", "laptop-1", "192.0.2.7"), anas);
  EXPECT_NE(key("dee@example.com", "laptop-1", "192.0.2.7"), anas);
  EXPECT_NE(key("", "laptop-1", "192.0.2.7"), anas);
  EXPECT_NE(key("ana@example.com", "special", "192.0.2.7"), anas);
  EXPECT_NE(key("ana@example.com", "", "192.0.2.7"), anas);
  EXPECT_NE(key("ana@example.com", "laptop-1", "198.51.100.9"), anas);
  EXPECT_NE(key("ana@example.com", "laptop-1", ""), anas);
}

}  // namespace
}  // namespace sallyport
