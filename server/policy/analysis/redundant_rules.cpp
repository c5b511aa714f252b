#include "server/policy/analysis/redundant_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace sallyport {
namespace {

/// Pairs of rules: some seconds.
constexpr std::size_t kMaxPairs = 10'000'000;

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

  std::vector<RedundantRule> run() {
    std::vector<RedundantRule> found;
    for (std::uint32_t rule = 0; rule < policy_.rules.size() && compared_ <= kMaxPairs; ++rule) {
      if (conditions_[rule] == Formula::False || classes_of_[rule].empty()) continue;
      if (const auto wider = wider_than(rule)) found.push_back({rule, *wider});
    }
    return space_.exhausted() ? std::vector<RedundantRule>{} : found;
  }

 private:
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
    const auto& written = policy_.document.rules;
    const bool is_alike = wider != rule && written[wider].kind == written[rule].kind &&
                          (written[rule].log == FlowLog::None || written[wider].log == written[rule].log);
    const bool holds_places =
        outer.to_any || (!inner.to_any && std::includes(outer.resources.begin(), outer.resources.end(),
                                                        inner.resources.begin(), inner.resources.end()));
    return is_alike && holds_places &&
           space_.formulas().without(conditions_[rule], conditions_[wider]) == Formula::False;
  }

  const ResolvedPolicy& policy_;
  ConditionSpace& space_;
  const std::vector<PersonClass>& classes_;
  std::vector<std::vector<std::uint32_t>> classes_of_;  ///< of each rule: the classes of people of whom it speaks
  std::vector<Formula> conditions_;                     ///< of each rule; False: it does not count
  std::size_t compared_ = 0;
};

}  // namespace

std::vector<RedundantRule> find_redundant(const ResolvedPolicy& policy, ConditionSpace& space,
                                          const std::vector<PersonClass>& classes, const std::vector<bool>& can_match) {
  return Search{policy, space, classes, can_match}.run();
}

}  // namespace sallyport
