#include "server/policy/self_test.hpp"

#include "server/policy/diagnostic_list.hpp"
#include "server/policy/explain.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/targets.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

namespace sallyport {
namespace {

std::vector<std::string> texts_of(const std::vector<NameUse>& names) {
  std::vector<std::string> texts;
  for (const auto& name : names) texts.push_back(name.text);
  return texts;
}

class SelfTest {
 public:
  explicit SelfTest(const Policy& policy) : policy_{policy}, document_{policy.resolved().document} {}

  std::vector<ExpectationResult> run() {
    for (const auto index : order_by_person()) {
      const auto& test = document_.tests[index];
      // The rights of the test before hold their table until these are made.
      rights_ = policy_.rights_for(evidence_of(test), moment_of(test));
      check_all(index, test.can, Verdict::Allow);
      check_all(index, test.cannot, Verdict::Deny);
    }
    std::stable_sort(results_.begin(), results_.end(), [](const auto& a, const auto& b) { return a.test < b.test; });
    return std::move(results_);
  }

 private:
  /// Tests of one person follow each other: what they share is compiled once.
  std::vector<std::uint32_t> order_by_person() const {
    const auto key = [this](std::uint32_t i) {
      const auto& test = document_.tests[i];
      return std::tie(test.as, test.device, test.from);
    };
    std::vector<std::uint32_t> order(document_.tests.size());
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    std::stable_sort(order.begin(), order.end(), [&key](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    return order;
  }

  void check_all(std::uint32_t test, const std::vector<NameUse>& targets, Verdict expected) {
    for (std::uint32_t target = 0; target < targets.size(); ++target) {
      ExpectationResult result{test, target, expected, {}, {}};
      check(document_.tests[test], targets[target], result);
      results_.push_back(std::move(result));
    }
  }

  void check(const PolicyTest& test, const NameUse& target, ExpectationResult& result) {
    const auto destinations = expand_target(policy_, target.text);
    if (!destinations) {
      result.failure = at(target.place, destinations.error().message, destinations.error().hint);
      return;
    }
    std::set<RuleIndex> rules;
    for (const auto& destination : *destinations) {
      const auto decision = rights_->judge(destination, moment_of(test));
      if (decision.rule != kNoRule) rules.insert(decision.rule);
      const bool holds = decision.verdict == result.expected;
      if (!holds && !result.failure) result.failure = failure_of(test, target, destination, decision);
    }
    result.rules.assign(rules.begin(), rules.end());
  }

  Diagnostic failure_of(const PolicyTest& test, const NameUse& target, const Destination& destination,
                        const Decision& decision) const {
    const auto address = to_string(destination);
    std::string message = "test failed: " + test.as + (decision.allows() ? " can reach " : " cannot reach ");
    message += quote(target.text);
    if (address != target.text) message += " at " + address;
    return at(target.place, std::move(message), reason_of(decision) + hours_hint(test, destination));
  }

  /// A test that leaves the time open cannot know what rules with hours say.
  std::string hours_hint(const PolicyTest& test, const Destination& destination) const {
    if (test.at) return {};
    const auto answer = explain(policy_, evidence_of(test), destination, moment_of(test));
    const bool hours_matter = std::any_of(answer.candidates.begin(), answer.candidates.end(), asks_only_for_hours);
    return hours_matter ? "; hours decide here: give the test a time: at = 2026-11-20T10:00:00Z" : "";
  }

  static bool asks_only_for_hours(const CandidateRule& rule) {
    const auto about_hours = [](const ConditionReport& c) { return c.key == "during" || c.key == "outside"; };
    return std::any_of(rule.conditions.begin(), rule.conditions.end(), about_hours) &&
           std::all_of(rule.conditions.begin(), rule.conditions.end(),
                       [&](const ConditionReport& c) { return c.met || about_hours(c); });
  }

  std::string reason_of(const Decision& decision) const {
    const auto* rule = policy_.rule(decision.rule);
    if (rule == nullptr) return std::string{describe(decision.reason)};
    return '[' + std::string{name_of(rule->kind)} + '.' + rule->name + "] at " + to_string(document_, rule->place) +
           (decision.allows() ? " allows it" : " denies it");
  }

  Diagnostic at(const Place& place, std::string message, std::string hint) const {
    return diagnostic_at(document_, place, std::move(message), std::move(hint));
  }

  const Policy& policy_;
  const PolicyDocument& document_;
  std::shared_ptr<const Rights> rights_;
  std::vector<ExpectationResult> results_;
};

}  // namespace

Evidence evidence_of(const PolicyTest& test) {
  const WallTime now = moment_of(test);
  Evidence evidence{.user = UserId{test.as},
                    .device = DeviceId{test.device},
                    .source = test.from,
                    .certificate_expires = kNever,
                    .key_proved = now,
                    .user_proved = {},
                    .revocation_as_of = now,
                    .posture = {},
                    .hours_known = test.at.has_value()};
  if (test.proof) evidence.user_proved = now - *test.proof;
  if (test.posture) evidence.posture.satisfied = texts_of(*test.posture);
  return evidence;
}

WallTime moment_of(const PolicyTest& test) { return test.at.value_or(WallTime{}); }

const NameUse& target_of(const PolicyDocument& document, const ExpectationResult& result) {
  const auto& test = document.tests[result.test];
  return (result.expected == Verdict::Allow ? test.can : test.cannot)[result.target];
}

std::vector<ExpectationResult> run_expectations(const Policy& policy) { return SelfTest{policy}.run(); }

Diagnostics run_policy_tests(const Policy& policy) {
  Diagnostics failures;
  for (auto& result : run_expectations(policy)) {
    if (result.failure) failures.push_back(std::move(*result.failure));
  }
  return failures;
}

}  // namespace sallyport
