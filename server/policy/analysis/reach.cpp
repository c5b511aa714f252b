#include "server/policy/analysis/reach.hpp"

#include "server/policy/analysis/person_classes.hpp"
#include "server/policy/resolved_policy.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxCases = 16;

bool leads_to(const ResolvedPolicy& policy, const ResolvedRule& rule, const Destination& destination) {
  const auto key = service_key(destination);
  return rule.to_any || std::any_of(rule.resources.begin(), rule.resources.end(), [&](std::uint32_t index) {
           const auto& resource = policy.document.resources[index];
           return std::any_of(resource.prefixes.begin(), resource.prefixes.end(),
                              [&](const IpPrefix& prefix) { return prefix.contains(destination.address); }) &&
                  std::any_of(resource.services.begin(), resource.services.end(),
                              [key](const ServiceRange& range) { return range.contains(key); });
         });
}

class Survey {
 public:
  Survey(const ResolvedPolicy& policy, const Destination& destination, std::optional<WallTime> at, WallTime now)
      : policy_{policy}, space_{{&policy}, at.value_or(now)}, given_{at ? space_.at(*at) : Formula::True} {
    for (const auto& rule : policy.rules) leads_.push_back(leads_to(policy, rule, destination));
  }

  std::vector<Reacher> run() {
    std::vector<std::string> tested;
    for (const auto& test : policy_.document.tests) tested.push_back(test.as);
    std::vector<Reacher> found;
    for (auto& people : classes_of_people({&policy_}, tested)) {
      auto ways = ways_of(people);
      if (!ways.empty()) add(found, {std::move(people.people), people.everyone_else, std::move(ways)});
    }
    for (auto& reacher : found) std::sort(reacher.people.begin(), reacher.people.end());
    std::sort(found.begin(), found.end(), [](const Reacher& a, const Reacher& b) {
      return a.everyone_else != b.everyone_else ? b.everyone_else : a.people < b.people;
    });
    return found;
  }

  [[nodiscard]] bool exhausted() const { return space_.exhausted(); }

 private:
  /// People who differ in other rules only are told of together.
  static void add(std::vector<Reacher>& found, Reacher reacher) {
    const auto same =
        std::find_if(found.begin(), found.end(), [&](const Reacher& each) { return each.ways == reacher.ways; });
    if (same == found.end()) return found.push_back(std::move(reacher));
    same->people.insert(same->people.end(), reacher.people.begin(), reacher.people.end());
    same->everyone_else = same->everyone_else || reacher.everyone_else;
  }

  std::vector<Way> ways_of(const PersonClass& people) {
    auto& formulas = space_.formulas();
    Formula denied = Formula::False;
    for (const auto rule : people.rules.front()) {
      if (counts(rule, RuleKind::Deny)) denied = formulas.either(denied, space_.of_rule(0, rule));
    }
    std::vector<Way> ways;
    for (const auto rule : people.rules.front()) {
      if (!counts(rule, RuleKind::Allow)) continue;
      const auto passes = formulas.without(space_.of_rule(0, rule), denied);
      const auto cases = space_.cases_of(passes, kMaxCases, given_);
      if (!cases.cases.empty()) ways.push_back({RuleIndex{rule}, words_of_cases(cases)});
    }
    return ways;
  }

  [[nodiscard]] bool counts(std::uint32_t rule, RuleKind kind) const {
    const auto& written = policy_.document.rules[rule];
    return leads_[rule] && written.kind == kind && written.rollout == Rollout::Enforce;
  }

  std::vector<std::vector<std::string>> words_of_cases(const Cases& cases) const {
    std::vector<std::vector<std::string>> needs;
    for (const auto& each : cases.cases) {
      auto& words = needs.emplace_back();
      for (const auto& literal : each) words.push_back(space_.words(literal));
    }
    return needs;
  }

  const ResolvedPolicy& policy_;
  ConditionSpace space_;
  Formula given_;
  std::vector<bool> leads_;  ///< of each rule: to the destination
};

}  // namespace

Result<Reach, std::string> who_reaches(const Policy& policy, const Destination& destination, std::optional<WallTime> at,
                                       WallTime now) {
  Survey survey{policy.resolved(), destination, at, now};
  Reach reach{destination, survey.run()};
  if (survey.exhausted()) return fail(std::string{"the conditions of this policy are too intricate to be listed"});
  return reach;
}

}  // namespace sallyport
