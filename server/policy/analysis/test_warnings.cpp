#include "server/policy/analysis/known_people.hpp"
#include "server/policy/analysis/person_classes.hpp"
#include "server/policy/analysis/rule_places.hpp"
#include "server/policy/analysis/warnings.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/guard.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/session_facts.hpp"
#include "server/policy/targets.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace sallyport {
namespace {

/// Rules, groups and networks looked at, over all tests.
constexpr std::size_t kMaxLookedAt = 20'000'000;

class TestReview {
 public:
  TestReview(const Policy& policy, const std::vector<ExpectationResult>& results, PolicyWarnings& out)
      : policy_{policy}, document_{policy.resolved().document}, results_{results}, out_{out} {
    for (const auto& rule : policy.resolved().rules) to_any_ = to_any_ || rule.to_any;
    find_strangers();
  }

  void run() {
    if (document_.rules.empty()) return;
    if (results_.empty()) {
      out_.push_back(
          {WarningCode::NoTests, diagnostic_at(document_, document_.rules.front().place, "nothing tests this policy",
                                               "add [[test]] with as, can and cannot")});
      return;
    }
    for (const auto& result : results_) look_at(result);
    warn_of_untested();
  }

 private:
  void find_strangers() {
    std::vector<std::string> people;
    for (const auto& test : document_.tests) people.push_back(test.as);
    for (const auto& each : classes_of_people({&policy_.resolved()}, people)) {
      if (each.rules.front().empty()) strangers_.insert(each.people.begin(), each.people.end());
    }
  }

  void look_at(const ExpectationResult& result) {
    const auto& test = document_.tests[result.test];
    if (strangers_.contains(test.as)) {
      if (told_.insert(result.test).second) look_at_stranger(test);
      return;
    }
    const auto& target = target_of(document_, result);
    const auto destinations = expand_target(policy_, target.text);
    if (!destinations) return;
    if (!seen_.insert({conditions_of(test), result.expected, *destinations}).second) {
      warn(WarningCode::IdleTest, target.place,
           quote(target.text) + " is tested a second time under the same conditions", "remove it");
    } else if (result.expected == Verdict::Deny && !is_spoken_about(*destinations)) {
      warn(WarningCode::GuardTest, target.place,
           "no rule speaks about " + quote(target.text) + ": this guards against rules that come later", {});
    }
  }

  void look_at_stranger(const PolicyTest& test) {
    if (const auto meant = likely_meant(policy_.resolved(), test.as)) {
      warn(WarningCode::IdleTest, test.place,
           "this test tests nothing: no rule speaks about " + quote(test.as) + ", directly or through a group",
           "did you mean " + quote(*meant) + '?');
    } else {
      warn(WarningCode::GuardTest, test.place,
           "no rule speaks about " + quote(test.as) + ": this guards against rules that come later", {});
    }
  }

  bool is_spoken_about(const std::vector<Destination>& destinations) const {
    return to_any_ ||
           std::any_of(policy_.resolved().rules.begin(), policy_.resolved().rules.end(), [&](const auto& rule) {
             return std::any_of(rule.resources.begin(), rule.resources.end(), [&](std::uint32_t resource) {
               return holds_any(document_.resources[resource], destinations);
             });
           });
  }

  static bool holds_any(const PolicyResource& resource, const std::vector<Destination>& destinations) {
    return std::any_of(resource.prefixes.begin(), resource.prefixes.end(), [&](const IpPrefix& prefix) {
      return std::any_of(destinations.begin(), destinations.end(),
                         [&](const Destination& each) { return prefix.contains(each.address); });
    });
  }

  static std::string conditions_of(const PolicyTest& test) {
    std::string text = test.as + '\n' + test.device + '\n' + test.from.to_string() + '\n';
    text += test.at ? format_utc(*test.at) : "any time";
    text += '\n' + (test.proof ? std::to_string(test.proof->count()) : std::string{"never"}) + '\n';
    if (!test.posture) return text + "posture unknown";
    std::set<std::string> names;
    for (const auto& name : *test.posture) names.insert(name.text);
    for (const auto& name : names) text += name + '\n';
    return text;
  }

  void warn_of_untested() {
    std::set<RuleIndex> tested;
    for (const auto& result : results_) {
      tested.insert(result.rules.begin(), result.rules.end());
    }
    for (std::uint32_t index = 0; index < document_.rules.size(); ++index) {
      if (!tested.contains(RuleIndex{index}) && !is_told_of(document_.rules[index])) untested_.insert(index);
    }
    remove_exercised();
    for (const auto index : untested_) {
      const auto& rule = document_.rules[index];
      warn(WarningCode::UntestedRule, rule.place, "no test is decided by " + rule_name(rule),
           std::string{"add a [[test]] whose "} + (rule.kind == RuleKind::Allow ? "`can`" : "`cannot`") +
               " holds because of it");
    }
  }

  /// A rule that matches beside the one that decides is tested with it: without the other, it would decide.
  void remove_exercised() {
    std::size_t looked_at = 0;
    for (auto result = results_.begin(); result != results_.end() && !untested_.empty();) {
      const auto end =
          std::find_if(result, results_.end(), [&](const auto& each) { return each.test != result->test; });
      looked_at += untested_.size() + document_.groups.size() + document_.networks.size();
      if (looked_at > kMaxLookedAt) break;
      remove_exercised_by({result, end});
      result = end;
    }
    if (looked_at <= kMaxLookedAt) return;
    untested_.clear();
    out_.push_back({WarningCode::TooIntricate,
                    {{}, 0, 0, "the policy is too large to search it for every rule that no test exercises", {}}});
  }

  /// `results` are of one test.
  void remove_exercised_by(std::span<const ExpectationResult> results) {
    const auto& test = document_.tests[results.front().test];
    const auto evidence = evidence_of(test);
    const SessionFacts facts{policy_.resolved(), evidence};
    const GuardJudge judge{policy_.resolved(), evidence};
    std::erase_if(untested_, [&](std::uint32_t index) {
      const auto& rule = policy_.resolved().rules[index];
      const auto& written = document_.rules[index];
      if (!facts.satisfies(rule, written.kind) || (written.until && moment_of(test) >= *written.until) ||
          !judge.state(policy_.resolved().guards[rule.guard], moment_of(test)).met)
        return false;
      return std::any_of(results.begin(), results.end(),
                         [&](const ExpectationResult& each) { return is_about(each, index); });
    });
  }

  /// The rule is of the kind that won, and leads to the destination.
  bool is_about(const ExpectationResult& result, std::uint32_t index) const {
    const auto verdict = document_.rules[index].kind == RuleKind::Allow ? Verdict::Allow : Verdict::Deny;
    if (!result.passed() || result.rules.empty() || result.expected != verdict) return false;
    const auto destinations = expand_target(policy_, target_of(document_, result).text);
    return destinations && std::any_of(destinations->begin(), destinations->end(), [&](const Destination& each) {
             return leads_to(policy_.resolved(), policy_.resolved().rules[index], each);
           });
  }

  /// A rule that cannot act cannot be tested either.
  bool is_told_of(const PolicyRule& rule) const {
    return std::any_of(out_.begin(), out_.end(), [&](const PolicyWarning& warning) {
      const bool idle = warning.code == WarningCode::NeverMatches || warning.code == WarningCode::ShadowedAllow ||
                        warning.code == WarningCode::RuleInShadow;
      return idle && warning.what.line == rule.place.line && warning.what.column == rule.place.column &&
             warning.what.file == file_name(document_, rule.place);
    });
  }

  void warn(WarningCode code, const Place& place, std::string message, std::string hint) {
    out_.push_back({code, diagnostic_at(document_, place, std::move(message), std::move(hint))});
  }

  const Policy& policy_;
  const PolicyDocument& document_;
  const std::vector<ExpectationResult>& results_;
  PolicyWarnings& out_;
  bool to_any_ = false;
  std::set<std::string> strangers_;  ///< persons of tests of whom no rule speaks
  std::set<std::uint32_t> told_;
  std::set<std::uint32_t> untested_;  ///< rules
  std::set<std::tuple<std::string, Verdict, std::vector<Destination>>> seen_;
};

}  // namespace

void append_test_warnings(const Policy& policy, const std::vector<ExpectationResult>& results, PolicyWarnings& out) {
  TestReview{policy, results, out}.run();
}

}  // namespace sallyport
