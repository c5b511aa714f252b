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

/// Everything that is a list, in the document and inside of its items.
void shuffle_all(RandomPolicy& random, PolicyDocument& document) {
  random.shuffle(document.rules);
  random.shuffle(document.groups);
  random.shuffle(document.networks);
  random.shuffle(document.resources);
  random.shuffle(document.hours);
  random.shuffle(document.postures);
  for (auto& group : document.groups) random.shuffle(group.members);
  for (auto& network : document.networks) random.shuffle(network.prefixes);
  for (auto& hours : document.hours) random.shuffle(hours.hours.windows);
  for (auto& resource : document.resources) {
    random.shuffle(resource.prefixes);
    random.shuffle(resource.services);
    random.shuffle(resource.tags);
  }
  for (auto& rule : document.rules) {
    random.shuffle(rule.who);
    random.shuffle(rule.to);
    for (auto list : {&PolicyRule::from, &PolicyRule::not_from, &PolicyRule::devices, &PolicyRule::posture,
                      &PolicyRule::during, &PolicyRule::outside}) {
      if (rule.*list) random.shuffle(*(rule.*list));
    }
  }
}

TEST_F(PolicyMetamorphic, ShufflingRulesAndListsChangesNothing) {
  for (unsigned round = 0; round < 200; ++round) {
    auto document = random_.document();
    const auto before = compile(document);
    shuffle_all(random_, document);
    const auto after = compile(document);
    ASSERT_EQ(before->hash(), after->hash());
    compare(*before, *after, [](const Decision& was, const Decision& is) { ASSERT_EQ(was, is); });
  }
}

TEST_F(PolicyMetamorphic, ShufflingFilesChangesNothing) {
  for (unsigned round = 0; round < 60; ++round) {
    const auto document = random_.document();
    auto files = print_policy_files(document, 5, round);
    const auto before = load_policy_texts(files);
    ASSERT_TRUE(before.has_value()) << to_string(before.error());
    random_.shuffle(files);
    const auto after = load_policy_texts(files);
    ASSERT_TRUE(after.has_value()) << to_string(after.error());
    ASSERT_EQ(before->policy->hash(), after->policy->hash());
    compare(*before->policy, *after->policy, [](const Decision& was, const Decision& is) { ASSERT_EQ(was, is); });
  }
}

TEST_F(PolicyMetamorphic, ARuleInShadowChangesNoAnswerAndIsSeen) {
  std::size_t seen = 0;
  for (unsigned round = 0; round < 200; ++round) {
    auto document = random_.document();
    const auto before = compile(document);
    const auto kind = random_.chance(50) ? RuleKind::Allow : RuleKind::Deny;
    // The last name of all: the numbers of the other rules of its kind stay what they were.
    document.rules.push_back(random_.rule(document, kind, "zz"));
    document.rules.back().rollout = Rollout::Shadow;
    const auto after = compile(document);
    const auto name = [](const Policy& policy, RuleIndex rule) {
      return policy.rule(rule) == nullptr ? std::string{} : policy.rule(rule)->name;
    };
    compare(*before, *after, [&](const Decision& was, const Decision& is) {
      // With no rule at all before, the words for "no" become others; it stays a no.
      if (!before->is_empty()) {
        ASSERT_EQ(was.reason, is.reason);
      }
      ASSERT_EQ(was.verdict, is.verdict);
      ASSERT_EQ(was.valid_until, is.valid_until);
      ASSERT_EQ(name(*before, was.rule), name(*after, is.rule));
      if (name(*after, is.shadow) == "zz") ++seen;
    });
    if (HasFatalFailure()) FAIL() << print_policy(document);
  }
  EXPECT_GT(seen, 0U);
}

/// Makes one condition of an allow rule ask for more.
void narrow(RandomPolicy& random, PolicyDocument& document, PolicyRule& rule) {
  const auto shorten = [&](std::optional<std::chrono::seconds>& age) {
    age = age && *age > std::chrono::seconds{1} ? *age / 2 : std::chrono::seconds{1};
  };
  switch (random.below(6)) {
    case 0:
      return shorten(rule.key_age);
    case 1:
      return shorten(rule.proof_age);
    case 2:
      return shorten(rule.revocation_age);
    case 3:
      rule.until = std::min(rule.until.value_or(kNever), random.time());
      return;
    case 4:
      if (rule.posture && rule.posture->size() > 1) rule.posture->pop_back();
      return;
    default:
      break;
  }
  // Other rules use the same hours: this one gets its own, with fewer days in its first window.
  if (!rule.during) return;
  const auto& name = rule.during->front().text;
  const auto named = std::find_if(document.hours.begin(), document.hours.end(),
                                  [&name](const PolicyHours& hours) { return hours.name == name; });
  auto narrower = *named;
  narrower.name = "narrower";
  auto& days = narrower.hours.windows.front().days;
  if ((days & (days - 1U)) != 0) days = static_cast<std::uint8_t>(days & (days - 1U));
  document.hours.push_back(std::move(narrower));
  for (auto& each : *rule.during) {
    if (each.text == name) each.text = "narrower";
  }
}

TEST_F(PolicyMetamorphic, NarrowingAConditionOfAnAllowNeverLetsMoreThrough) {
  std::size_t changed = 0;
  for (unsigned round = 0; round < 600; ++round) {
    auto document = random_.document();
    const auto before = compile(document);
    const auto rule = std::find_if(document.rules.begin(), document.rules.end(),
                                   [](const PolicyRule& each) { return each.kind == RuleKind::Allow; });
    if (rule == document.rules.end()) continue;
    narrow(random_, document, *rule);
    compare(*before, *compile(document), [&](const Decision& was, const Decision& is) {
      ASSERT_TRUE(was.allows() || !is.allows());
      if (was.allows() != is.allows()) ++changed;
    });
    if (HasFatalFailure()) FAIL() << print_policy(document);
  }
  EXPECT_GT(changed, 0U);
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
