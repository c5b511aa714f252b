#include "server/policy/analysis/overruled.hpp"

#include "server/policy/analysis/destination_cells.hpp"

#include <set>

namespace sallyport {
namespace {

/// Prefixes looked at, over all classes of people: some seconds.
constexpr std::size_t kMaxStretches = 3'000'000;

class Search {
 public:
  Search(const ResolvedPolicy& policy, ConditionSpace& space, const std::vector<bool>& can_match)
      : policy_{policy}, space_{space}, cells_{policy, kMaxStretches} {
    for (std::uint32_t rule = 0; rule < policy.rules.size(); ++rule) {
      const auto& written = policy.document.rules[rule];
      const bool counts = can_match[rule] && written.rollout == Rollout::Enforce;
      if (counts && written.kind == RuleKind::Allow) pending_.insert({rule, {}});
      conditions_.push_back(counts ? space.of_rule(0, rule) : Formula::False);
    }
  }

  void look_at(const PersonClass& people) {
    bool any_deny = false;
    std::vector<std::uint32_t> allows;
    std::vector<std::uint32_t> rules;
    for (const auto rule : people.rules.front()) {
      const bool is_deny = policy_.document.rules[rule].kind == RuleKind::Deny;
      if (is_deny ? conditions_[rule] == Formula::False : !pending_.contains(rule)) continue;
      any_deny = any_deny || is_deny;
      if (!is_deny) allows.push_back(rule);
      rules.push_back(rule);
    }
    if (any_deny)
      complete_ = cells_.visit(rules, [this](const auto& at_one_place) { look_at_destination(at_one_place); });
    else
      for (const auto allow : allows) pending_.erase(allow);
  }

  OverruledRules result() && {
    OverruledRules found{{}, complete_ && !space_.exhausted()};
    if (!found.complete) return found;
    for (auto& [allow, denies] : pending_) {
      if (!denies.empty()) found.rules[allow] = {denies.begin(), denies.end()};
    }
    return found;
  }

  [[nodiscard]] bool is_done() const { return pending_.empty() || !complete_; }

 private:
  void look_at_destination(const std::vector<std::uint32_t>& rules) {
    std::vector<std::uint32_t> allows;
    std::vector<std::uint32_t> denies;
    for (const auto rule : rules) {
      if (policy_.document.rules[rule].kind == RuleKind::Deny)
        denies.push_back(rule);
      else if (pending_.contains(rule))
        allows.push_back(rule);
    }
    auto& formulas = space_.formulas();
    Formula denied = Formula::False;
    for (const auto deny : denies) denied = formulas.either(denied, conditions_[deny]);
    for (const auto allow : allows) {
      if (space_.can_hold(formulas.without(conditions_[allow], denied))) {
        pending_.erase(allow);
        continue;
      }
      for (const auto deny : denies) {
        if (space_.can_hold(formulas.both(conditions_[allow], conditions_[deny]))) pending_[allow].insert(deny);
      }
    }
  }

  const ResolvedPolicy& policy_;
  ConditionSpace& space_;
  DestinationCells cells_;
  std::vector<Formula> conditions_;
  std::map<std::uint32_t, std::set<std::uint32_t>> pending_;  ///< allows not yet seen to let anybody through
  bool complete_ = true;
};

}  // namespace

OverruledRules find_overruled(const ResolvedPolicy& policy, ConditionSpace& space,
                              const std::vector<PersonClass>& classes, const std::vector<bool>& can_match) {
  Search search{policy, space, can_match};
  for (const auto& people : classes) {
    if (search.is_done()) break;
    search.look_at(people);
  }
  return std::move(search).result();
}

}  // namespace sallyport
