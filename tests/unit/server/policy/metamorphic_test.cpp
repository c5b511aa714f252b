#include "server/policy/policy.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/printer.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

namespace sallyport {
namespace {

struct Question {
  Evidence evidence;
  Destination destination;
  WallTime now;
};

class PolicyMetamorphic : public testing::Test {
 protected:
  PolicyMetamorphic() { std::cout << "SALLYPORT_TEST_SEED=" << seed_ << std::endl; }

  static std::shared_ptr<const Policy> compile(const PolicyDocument& document) {
    const auto policy = Policy::compile(document);
    EXPECT_TRUE(policy.has_value()) << (policy ? std::string{} : to_string(policy.error()));
    return policy ? *policy : Policy::deny_all();
  }

  /// `check(before, after)` on 512 questions.
  template <class Check>
  void compare(const Policy& before, const Policy& after, Check check) {
    for (unsigned session = 0; session < 8; ++session) {
      const auto evidence = random_.evidence();
      for (unsigned i = 0; i < 64; ++i) {
        const auto destination = random_.destination();
        const auto now = random_.time();
        const auto rights_before = before.rights_for(evidence, now);
        const auto rights_after = after.rights_for(evidence, now);
        check(rights_before->judge(destination, now), rights_after->judge(destination, now));
      }
    }
  }

  const std::uint64_t seed_ = random_seed();
  RandomPolicy random_{seed_};
};

TEST_F(PolicyMetamorphic, AddingADenyNeverLetsMoreThrough) {
  std::size_t changed = 0;
  for (unsigned round = 0; round < 200; ++round) {
    auto document = random_.document();
    const auto before = compile(document);
    document.rules.push_back(random_.rule(document, RuleKind::Deny, "added"));
    compare(*before, *compile(document), [&](const Decision& was, const Decision& is) {
      ASSERT_TRUE(was.allows() || !is.allows());
      if (was.allows() != is.allows()) ++changed;
    });
    if (HasFatalFailure()) FAIL() << print_policy(document);
  }
  EXPECT_GT(changed, 0U);
}

TEST_F(PolicyMetamorphic, RemovingAnAllowNeverLetsMoreThrough) {
  std::size_t changed = 0;
  for (unsigned round = 0; round < 200; ++round) {
    auto document = random_.document();
    const auto before = compile(document);
    const auto first = std::find_if(document.rules.begin(), document.rules.end(),
                                    [](const PolicyRule& rule) { return rule.kind == RuleKind::Allow; });
    if (first != document.rules.end()) document.rules.erase(first);
    compare(*before, *compile(document), [&](const Decision& was, const Decision& is) {
      ASSERT_TRUE(was.allows() || !is.allows());
      if (was.allows() != is.allows()) ++changed;
    });
    if (HasFatalFailure()) FAIL() << print_policy(document);
  }
  EXPECT_GT(changed, 0U);
}

TEST_F(PolicyMetamorphic, ShufflingRulesAndListsChangesNothing) {
  for (unsigned round = 0; round < 200; ++round) {
    auto document = random_.document();
    const auto before = compile(document);
    random_.shuffle(document.rules);
    random_.shuffle(document.groups);
    random_.shuffle(document.resources);
    random_.shuffle(document.hours);
    random_.shuffle(document.postures);
    for (auto& rule : document.rules) random_.shuffle(rule.to);
    for (auto& resource : document.resources) random_.shuffle(resource.prefixes);
    const auto after = compile(document);
    ASSERT_EQ(before->hash(), after->hash());
    compare(*before, *after, [](const Decision& was, const Decision& is) { ASSERT_EQ(was, is); });
  }
}

TEST_F(PolicyMetamorphic, PrintingAndLoadingIsTheIdentityOverAnyNumberOfFiles) {
  for (unsigned round = 0; round < 60; ++round) {
    auto document = random_.document();
    const auto before = compile(document);
    const auto loaded = load_policy_texts(print_policy_files(document, 1 + random_.below(4), round));
    ASSERT_TRUE(loaded.has_value()) << to_string(loaded.error()) << print_policy(document);
    ASSERT_EQ(before->hash(), loaded->policy->hash()) << print_policy(document);
    compare(*before, *loaded->policy, [](const Decision& was, const Decision& is) { ASSERT_EQ(was, is); });
  }
}

TEST_F(PolicyMetamorphic, TheHashTellsAnyTwoMeaningsApart) {
  for (unsigned round = 0; round < 200; ++round) {
    auto document = random_.document();
    const auto hash = compile(document)->hash();
    document.rules.push_back(random_.rule(document, RuleKind::Deny, "added"));
    const auto with_rule = compile(document)->hash();
    document.rules.back().until = WallTime{std::chrono::seconds{1}};
    ASSERT_NE(hash, with_rule);
    ASSERT_NE(with_rule, compile(document)->hash());
  }
}

}  // namespace
}  // namespace sallyport
