#include "server/policy/analysis/reach.hpp"

#include "server/policy/analysis/person_classes.hpp"
#include "server/policy/analysis/rule_places.hpp"
#include "server/policy/resolved_policy.hpp"

#include <algorithm>
#include <map>

namespace sallyport {
namespace {

constexpr std::size_t kMaxCases = 1000;

class Survey {
 public:
  Survey(const ResolvedPolicy& policy, const Destination& destination, std::optional<WallTime> at, WallTime now)
      : policy_{policy}, space_{{&policy}, at.value_or(now)}, given_{at ? space_.at(*at) : Formula::True} {
    for (std::uint32_t rule = 0; rule < policy.rules.size(); ++rule) {
      const bool counts =
          policy.document.rules[rule].rollout == Rollout::Enforce && leads_to(policy, policy.rules[rule], destination);
      conditions_.push_back(counts ? space_.of_rule(0, rule) : Formula::False);
    }
  }

  void run(Reach& reach) {
    std::vector<std::string> tested;
    for (const auto& test : policy_.document.tests) tested.push_back(test.as);
    for (auto& people : classes_of_people({&policy_}, tested)) {
      auto ways = ways_of(people);
      if (ways.empty())
        reach.left_out.insert(reach.left_out.end(), people.people.begin(), people.people.end());
      else
        add(reach.by, {std::move(people.people), people.everyone_else, std::move(ways)});
    }
    for (auto& reacher : reach.by) std::sort(reacher.people.begin(), reacher.people.end());
    std::sort(reach.left_out.begin(), reach.left_out.end());
    std::sort(reach.by.begin(), reach.by.end(), [](const Reacher& a, const Reacher& b) {
      return a.everyone_else != b.everyone_else ? b.everyone_else : a.people < b.people;
    });
    reach.exact = space_.exact();
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
    const auto kind_of = [this](std::uint32_t rule) { return policy_.document.rules[rule].kind; };
    Formula denied = Formula::False;
    for (const auto rule : people.rules.front()) {
      if (kind_of(rule) == RuleKind::Deny) denied = formulas.either(denied, conditions_[rule]);
    }
    std::vector<Way> ways;
    for (const auto rule : people.rules.front()) {
      if (kind_of(rule) != RuleKind::Allow) continue;
      auto way = way_of(formulas.without(conditions_[rule], denied));
      way.rule = RuleIndex{rule};
      if (!way.needs.empty()) ways.push_back(std::move(way));
    }
    return ways;
  }

  const Way& way_of(Formula passes) {
    const auto [place, is_new] = ways_.try_emplace(passes);
    if (!is_new) return place->second;
    const auto cases = space_.cases_of(passes, kMaxCases, given_);
    place->second.complete = cases.complete;
    place->second.needs = needs_of(cases);
    return place->second;
  }

  /// Cases that differ in the device only are told of together.
  std::vector<Need> needs_of(const Cases& cases) const {
    std::vector<Need> needs;
    std::map<std::vector<std::string>, std::size_t> by_words;
    for (const auto& each : cases.cases) {
      Need need;
      for (const auto& literal : each) {
        const auto& atom = space_.atom(literal);
        if (atom.kind == AtomKind::Device && literal.value)
          need.devices.push_back(atom.name);
        else
          need.words.push_back(space_.words(literal));
      }
      if (need.devices.empty()) {
        needs.push_back(std::move(need));
        continue;
      }
      const auto [place, is_new] = by_words.try_emplace(need.words, needs.size());
      if (is_new)
        needs.push_back(std::move(need));
      else
        needs[place->second].devices.push_back(need.devices.front());
    }
    return needs;
  }

  const ResolvedPolicy& policy_;
  ConditionSpace space_;
  Formula given_;
  std::vector<Formula> conditions_;  ///< of each rule; False: it is in shadow or leads elsewhere
  std::map<Formula, Way> ways_;      ///< without their rules
};

}  // namespace

Result<Reach, std::string> who_reaches(const Policy& policy, const Destination& destination, std::optional<WallTime> at,
                                       WallTime now) {
  Survey survey{policy.resolved(), destination, at, now};
  Reach reach{destination, {}, {}, true};
  survey.run(reach);
  if (survey.exhausted()) return fail(std::string{"the conditions of this policy are too intricate to be listed"});
  return reach;
}

}  // namespace sallyport
