// The oracle once more, so that what it finds is small enough to read: rapidcheck takes a failing case apart until
// nothing can go without the fault going too.

#include "tests/unit/server/policy/oracle.hpp"
#include "tests/unit/server/policy/printer.hpp"
#include "tests/unit/server/policy/random_policy.hpp"
#include "tests/unit/server/policy/simpler_cases.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>

namespace sallyport {

void showValue(const OracleCase& each, std::ostream& out) {
  out << words_of(each.document, each.evidence, each.destination, each.now);
}

namespace {

rc::Gen<OracleCase> any_case() {
  return rc::Gen<OracleCase>{[](const rc::Random& random, int /*size*/) {
    rc::Random source = random;
    RandomPolicy policy{source.next()};
    auto document = policy.document();
    OracleCase start{std::move(document), policy.evidence(), policy.destination(), policy.time()};
    return rc::shrinkable::shrinkRecur(
        std::move(start), [](const OracleCase& each) { return rc::seq::fromContainer(simpler_cases(each)); });
  }};
}

/// The engine's answer, as `fault` would have it.
template <class Fault>
bool engine_is_right(const OracleCase& each, Fault fault) {
  const auto policy = Policy::compile(each.document);
  if (!policy) return false;
  auto decision = (*policy)->rights_for(each.evidence, each.now)->judge(each.destination, each.now);
  fault(each, **policy, decision);
  return is_right(decision, **policy, each.document, each.evidence, each.destination, each.now, true);
}

/// The last case that failed, which is the smallest that rapidcheck came to; nullopt when none did.
template <class Fault>
std::optional<OracleCase> smallest_failing(Fault fault) {
  std::optional<OracleCase> smallest;
  const auto property = [&] {
    auto each = *any_case();
    if (engine_is_right(each, fault)) return;
    smallest = std::move(each);
    RC_FAIL("the engine and the reference differ");
  };
  const rc::detail::TestParams params{.seed = random_seed(), .maxSuccess = 3'000};
  const auto result = rc::detail::checkTestable(property, rc::detail::TestMetadata{}, params);
  return result.template is<rc::detail::FailureResult>() ? smallest : std::nullopt;
}

std::string text_of(const OracleCase& each) {
  return words_of(each.document, each.evidence, each.destination, each.now);
}

RC_GTEST_PROP(PolicyShrinking, AgreesWithTheNaiveReferenceOnAnyCase, ()) {
  const auto each = *any_case();
  const auto policy = Policy::compile(each.document);
  RC_ASSERT(policy.has_value());
  const auto decision = (*policy)->rights_for(each.evidence, each.now)->judge(each.destination, each.now);
  RC_ASSERT(is_right(decision, **policy, each.document, each.evidence, each.destination, each.now, true));
}

TEST(PolicyShrinking, ReducesAFaultInOneRuleToThatRule) {
  const auto found = smallest_failing([](const OracleCase& each, const Policy&, Decision& decision) {
    if (each.destination.port != 443 || decision.reason != DecisionReason::DeniedByRule) return;
    decision.verdict = Verdict::Allow;
    decision.reason = DecisionReason::Allowed;
  });
  ASSERT_TRUE(found.has_value());
  SCOPED_TRACE(text_of(*found));
  EXPECT_EQ(found->document.rules.size(), 1U);
  EXPECT_LE(found->document.resources.size(), 1U);
  EXPECT_EQ(found->document.groups.size() + found->document.networks.size() + found->document.hours.size() +
                found->document.postures.size(),
            0U);
  EXPECT_FALSE(found->evidence.key_proved.has_value());
}

TEST(PolicyShrinking, ReducesAFaultBetweenTwoRulesToThoseTwo) {
  // An engine in which the allow rule wins.
  const auto found = smallest_failing([](const OracleCase& each, const Policy&, Decision& decision) {
    if (decision.reason != DecisionReason::DeniedByRule) return;
    auto without = each.document;
    std::erase_if(without.rules, [](const PolicyRule& rule) { return rule.kind == RuleKind::Deny; });
    const auto policy = *Policy::compile(without);
    const auto open = policy->rights_for(each.evidence, each.now)->judge(each.destination, each.now);
    if (open.allows()) decision = open;
  });
  ASSERT_TRUE(found.has_value());
  SCOPED_TRACE(text_of(*found));
  EXPECT_EQ(found->document.rules.size(), 2U);
  EXPECT_LE(found->document.resources.size(), 2U);
  EXPECT_LT(print_policy(found->document).size(), 500U);
}

TEST(PolicyShrinking, ReducesAFaultOfAConditionToARuleWithThatConditionAlone) {
  // An engine that takes what is too old for fresh.
  const auto found = smallest_failing([](const OracleCase& each, const Policy& policy, Decision& decision) {
    auto forever = each.evidence;
    if (forever.key_proved) forever.key_proved = each.now;
    decision = policy.rights_for(forever, each.now)->judge(each.destination, each.now);
  });
  ASSERT_TRUE(found.has_value());
  SCOPED_TRACE(text_of(*found));
  ASSERT_EQ(found->document.rules.size(), 1U);
  const auto& rule = found->document.rules[0];
  EXPECT_TRUE(rule.key_age.has_value());
  EXPECT_FALSE(rule.from || rule.devices || rule.posture || rule.during || rule.proof_age || rule.until);
}

}  // namespace
}  // namespace sallyport
