#include "server/policy/analysis/overruled.hpp"

#include "server/policy/analysis/address_sweep.hpp"
#include "server/policy/service_cells.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace sallyport {
namespace {

/// Prefixes looked at, over all classes of people: some seconds.
constexpr std::size_t kMaxStretches = 3'000'000;

class Search {
 public:
  Search(const ResolvedPolicy& policy, ConditionSpace& space, const std::vector<bool>& can_match)
      : policy_{policy}, space_{space}, any_{static_cast<std::uint32_t>(policy.document.resources.size())} {
    for (std::uint32_t rule = 0; rule < policy.rules.size(); ++rule) {
      const auto& written = policy.document.rules[rule];
      const bool counts = can_match[rule] && written.rollout == Rollout::Enforce;
      if (counts && written.kind == RuleKind::Allow) pending_.insert({rule, {}});
      conditions_.push_back(counts ? space.of_rule(0, rule) : Formula::False);
    }
  }

  void look_at(const PersonClass& people) {
    by_layer_.assign(any_ + 1, {});
    bool any_deny = false;
    std::vector<std::uint32_t> allows;
    for (const auto rule : people.rules.front()) {
      const bool is_deny = policy_.document.rules[rule].kind == RuleKind::Deny;
      if (is_deny ? conditions_[rule] == Formula::False : !pending_.contains(rule)) continue;
      any_deny = any_deny || is_deny;
      if (!is_deny) allows.push_back(rule);
      for (const auto resource : policy_.rules[rule].resources) by_layer_[resource].push_back(rule);
      if (policy_.rules[rule].to_any) by_layer_[any_].push_back(rule);
    }
    if (any_deny)
      sweep();
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
  void sweep() {
    std::vector<LayerStretch> stretches;
    for (std::uint32_t layer = 0; layer < any_; ++layer) {
      if (by_layer_[layer].empty()) continue;
      for (const auto& prefix : policy_.document.resources[layer].prefixes)
        stretches.push_back({stretch_of(prefix), layer});
    }
    if (!by_layer_[any_].empty()) {
      for (const unsigned version : {4U, 6U}) stretches.push_back({all_addresses(version), any_});
    }
    looked_at_ += stretches.size();
    complete_ = looked_at_ <= kMaxStretches;
    if (!complete_) return;
    std::set<std::vector<std::uint32_t>> known;
    sweep_addresses(stretches, [&](const AddressStretch&, const std::vector<std::uint32_t>& layers) {
      if (known.insert(layers).second) look_at_address(layers);
    });
  }

  void look_at_address(const std::vector<std::uint32_t>& layers) {
    std::vector<NamedServices> services;
    for (const auto layer : layers) {
      if (layer == any_) {
        services.push_back({kAnyService, layer});
        continue;
      }
      for (const auto& range : policy_.document.resources[layer].services) services.push_back({range, layer});
    }
    for (const auto& cell : make_disjoint(services)) look_at_destination(cell.resources);
  }

  void look_at_destination(const std::vector<std::uint32_t>& layers) {
    std::set<std::uint32_t> allows;
    std::set<std::uint32_t> denies;
    for (const auto layer : layers) {
      for (const auto rule : by_layer_[layer]) {
        if (policy_.document.rules[rule].kind == RuleKind::Deny)
          denies.insert(rule);
        else if (pending_.contains(rule))
          allows.insert(rule);
      }
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
  std::uint32_t any_;  ///< the layer of every destination
  std::vector<Formula> conditions_;
  std::map<std::uint32_t, std::set<std::uint32_t>> pending_;  ///< allows not yet seen to let anybody through
  std::vector<std::vector<std::uint32_t>> by_layer_;
  std::size_t looked_at_ = 0;
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
