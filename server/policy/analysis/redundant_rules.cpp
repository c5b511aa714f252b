#include "server/policy/analysis/redundant_rules.hpp"

#include "server/policy/analysis/destination_cells.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>

namespace sallyport {
namespace {

/// Pairs of rules: some seconds.
constexpr std::size_t kMaxPairs = 10'000'000;
/// Prefixes looked at, over all classes of people; rules that meet at one place, over all places: likewise.
constexpr std::size_t kMaxStretches = 1'000'000;
constexpr std::size_t kMaxMeetings = 2'000'000;
/// Of so many it is tried whether each of them is needed.
constexpr std::size_t kMaxTried = 64;

class Search {
 public:
  Search(const ResolvedPolicy& policy, ConditionSpace& space, const std::vector<PersonClass>& classes,
         const std::vector<bool>& can_match)
      : policy_{policy}, space_{space}, classes_{classes}, classes_of_(policy.rules.size()) {
    for (std::uint32_t i = 0; i < classes.size(); ++i) {
      for (const auto rule : classes[i].rules.front()) classes_of_[rule].push_back(i);
    }
    for (std::uint32_t rule = 0; rule < policy.rules.size(); ++rule) {
      const bool counts = can_match[rule] && policy.document.rules[rule].rollout == Rollout::Enforce;
      conditions_.push_back(counts ? space.of_rule(0, rule) : Formula::False);
    }
  }

  RedundantRules run() {
    RedundantRules found;
    gone_.assign(policy_.rules.size(), false);
    for (std::uint32_t rule = 0; rule < policy_.rules.size() && compared_ <= kMaxPairs; ++rule) {
      if (!counts(rule)) continue;
      if (const auto wider = wider_than(rule)) found.rules.push_back({rule, {*wider}});
    }
    found.complete = compared_ <= kMaxPairs;
    for (const auto& each : found.rules) gone_[each.rule] = true;
    add_unions(found);
    found.complete = found.complete && !space_.exhausted();
    if (space_.exhausted()) found.rules.clear();
    return found;
  }

 private:
  using Rules = std::vector<std::uint32_t>;

  [[nodiscard]] bool counts(std::uint32_t rule) const {
    return conditions_[rule] != Formula::False && !classes_of_[rule].empty();
  }

  /// What no other rule says alone several may say together: at every place, of every person.
  void add_unions(RedundantRules& found) {
    needed_.assign(policy_.rules.size(), false);
    DestinationCells cells{policy_, kMaxStretches};
    for (const auto& people : classes_) {
      Rules rules;
      for (const auto rule : people.rules.front()) {
        if (counts(rule) && !gone_[rule]) rules.push_back(rule);
      }
      found.complete = found.complete && cells.visit(rules, [this](const Rules& here) { meet(here); });
      if (!found.complete || meetings_ > kMaxMeetings || space_.exhausted()) break;
    }
    found.complete = found.complete && meetings_ <= kMaxMeetings;
    if (!found.complete) return;
    // From the last on: of rules that stand in for each other the first are kept.
    for (auto rule = static_cast<std::uint32_t>(policy_.rules.size()); rule-- > 0;) {
      if (!counts(rule) || gone_[rule] || needed_[rule] || !is_said_by(rule, others_of(rule))) continue;
      gone_[rule] = true;
      found.rules.push_back({rule, least_of(rule, others_of(rule))});
    }
  }

  /// These rules, and no others, speak of one place to the same people.
  void meet(const Rules& here) {
    bool is_open = false;
    for (const auto rule : here) {
      if (!needed_[rule] && !is_said_at(rule, here, here)) needed_[rule] = true;
      is_open = is_open || !needed_[rule];
    }
    if (is_open && places_.insert(here).second) meetings_ += here.size();
  }

  /// Whether all that `rule` says where the rules `here` meet is said by those that are in `others`, too.
  [[nodiscard]] bool is_said_at(std::uint32_t rule, const Rules& here, const Rules& others) {
    auto& formulas = space_.formulas();
    Formula rest = conditions_[rule];
    for (const auto other : here) {
      if (rest == Formula::False) break;
      if (!is_alike(other, rule) || gone_[other] || !std::binary_search(others.begin(), others.end(), other)) continue;
      rest = formulas.without(rest, conditions_[other]);
    }
    return rest == Formula::False;
  }

  [[nodiscard]] bool is_said_by(std::uint32_t rule, const Rules& others) {
    return std::all_of(places_.begin(), places_.end(), [&](const Rules& here) {
      return !std::binary_search(here.begin(), here.end(), rule) || is_said_at(rule, here, others);
    });
  }

  /// Those that say some of it, somewhere.
  [[nodiscard]] Rules others_of(std::uint32_t rule) {
    std::set<std::uint32_t> others;
    for (const auto& here : places_) {
      if (!std::binary_search(here.begin(), here.end(), rule)) continue;
      for (const auto other : here) {
        if (!is_alike(other, rule) || gone_[other]) continue;
        if (space_.formulas().both(conditions_[rule], conditions_[other]) != Formula::False) others.insert(other);
      }
    }
    return {others.begin(), others.end()};
  }

  [[nodiscard]] Rules least_of(std::uint32_t rule, Rules others) {
    if (others.size() > kMaxTried) return others;
    for (std::size_t i = others.size(); i-- > 0 && others.size() > 1;) {
      Rules fewer = others;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (is_said_by(rule, fewer)) others = std::move(fewer);
    }
    return others;
  }

  std::optional<std::uint32_t> wider_than(std::uint32_t rule) {
    const auto& candidates = classes_[classes_of_[rule].front()].rules.front();
    compared_ += candidates.size();
    for (const auto other : candidates) {
      if (!says_all_of(other, rule) || !reaches_all_of(other, rule)) continue;
      const bool is_same = says_all_of(rule, other) && reaches_all_of(rule, other);
      if (!is_same || other < rule) return other;
    }
    return std::nullopt;
  }

  /// All people of whom `rule` speaks.
  [[nodiscard]] bool reaches_all_of(std::uint32_t wider, std::uint32_t rule) const {
    const auto& all = classes_of_[wider];
    return std::includes(all.begin(), all.end(), classes_of_[rule].begin(), classes_of_[rule].end());
  }

  /// All destinations and conditions, and what is recorded.
  [[nodiscard]] bool says_all_of(std::uint32_t wider, std::uint32_t rule) {
    const auto& outer = policy_.rules[wider];
    const auto& inner = policy_.rules[rule];
    const bool holds_places =
        outer.to_any || (!inner.to_any && std::includes(outer.resources.begin(), outer.resources.end(),
                                                        inner.resources.begin(), inner.resources.end()));
    return is_alike(wider, rule) && holds_places &&
           space_.formulas().without(conditions_[rule], conditions_[wider]) == Formula::False;
  }

  [[nodiscard]] bool is_alike(std::uint32_t wider, std::uint32_t rule) const {
    const auto& written = policy_.document.rules;
    return wider != rule && written[wider].kind == written[rule].kind &&
           (written[rule].log == FlowLog::None || written[wider].log == written[rule].log);
  }

  const ResolvedPolicy& policy_;
  ConditionSpace& space_;
  const std::vector<PersonClass>& classes_;
  std::vector<std::vector<std::uint32_t>> classes_of_;  ///< of each rule: the classes of people of whom it speaks
  std::vector<Formula> conditions_;                     ///< of each rule; False: it does not count
  std::size_t compared_ = 0;
  std::vector<bool> gone_;    ///< of each rule: found to be redundant
  std::vector<bool> needed_;  ///< of each rule: known to say what nothing else says
  std::set<Rules> places_;    ///< rules that meet, where one of them may be redundant
  std::size_t meetings_ = 0;
};

}  // namespace

RedundantRules find_redundant(const ResolvedPolicy& policy, ConditionSpace& space,
                              const std::vector<PersonClass>& classes, const std::vector<bool>& can_match) {
  return Search{policy, space, classes, can_match}.run();
}

}  // namespace sallyport
