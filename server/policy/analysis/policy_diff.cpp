#include "server/policy/analysis/policy_diff.hpp"

#include "server/policy/resolved_policy.hpp"
#include "server/policy/service_cells.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

namespace sallyport {
namespace {

/// Prefixes looked at, over all classes of people: some seconds.
constexpr std::size_t kMaxStretches = 5'000'000;
constexpr std::uint32_t kAnyLayer = 0;

/// When something is allowed and when it is denied, before and after.
struct Stance {
  std::array<Formula, 2> allowed{Formula::False, Formula::False};
  std::array<Formula, 2> denied{Formula::False, Formula::False};

  [[nodiscard]] bool is_same() const noexcept { return allowed[0] == allowed[1] && denied[0] == denied[1]; }
};

/// Resources of both policies by what they hold, whatever their names; the first is every destination.
class Layers {
 public:
  explicit Layers(const std::array<const ResolvedPolicy*, 2>& policies) {
    static const std::vector<IpPrefix> kEverywhere{*IpPrefix::parse("0.0.0.0/0"), *IpPrefix::parse("::/0")};
    static const std::vector<ServiceRange> kEverything{kAnyService};
    items_.push_back({&kEverywhere, &kEverything});
    std::map<std::pair<std::vector<IpPrefix>, std::vector<ServiceRange>>, std::uint32_t> known;
    for (std::size_t policy = 0; policy < policies.size(); ++policy) {
      for (const auto& resource : policies[policy]->document.resources) {
        const auto [place, is_new] = known.try_emplace({resource.prefixes, resource.services}, items_.size());
        if (is_new) items_.push_back({&resource.prefixes, &resource.services});
        numbers_[policy].push_back(place->second);
      }
    }
  }

  [[nodiscard]] std::uint32_t of_resource(std::size_t policy, std::uint32_t resource) const {
    return numbers_[policy][resource];
  }
  [[nodiscard]] const std::vector<IpPrefix>& prefixes(std::uint32_t layer) const { return *items_[layer].first; }
  [[nodiscard]] const std::vector<ServiceRange>& services(std::uint32_t layer) const { return *items_[layer].second; }

 private:
  std::vector<std::pair<const std::vector<IpPrefix>*, const std::vector<ServiceRange>*>> items_;
  std::array<std::vector<std::uint32_t>, 2> numbers_;
};

class Comparison {
 public:
  Comparison(const std::array<const ResolvedPolicy*, 2>& policies, ConditionSpace& space)
      : policies_{policies}, space_{space}, formulas_{space.formulas()}, layers_{policies} {
    for (std::size_t policy = 0; policy < policies_.size(); ++policy) {
      for (std::uint32_t rule = 0; rule < policies_[policy]->rules.size(); ++rule) {
        const bool enforced = policies_[policy]->document.rules[rule].rollout == Rollout::Enforce;
        conditions_[policy].push_back(enforced ? space.of_rule(policy, rule) : Formula::False);
      }
    }
  }

  void look_at(const PersonClass& people) {
    collect(people);
    if (std::all_of(stances_.begin(), stances_.end(), [](const auto& each) { return each.second.is_same(); })) return;
    Found found;
    sweep(found);
    for (auto& [what, region] : found) {
      auto& change = changes_[{what.first, what.second, region}];
      change.access = what.first;
      change.when = what.second;
      change.region = region;
      change.everyone_else = change.everyone_else || people.everyone_else;
      change.people.insert(change.people.end(), people.people.begin(), people.people.end());
    }
  }

  [[nodiscard]] bool complete() const { return looked_at_ <= kMaxStretches && !space_.exhausted(); }

  [[nodiscard]] std::vector<AccessChange> result() && {
    std::vector<AccessChange> list;
    for (auto& [key, change] : changes_) {
      std::sort(change.people.begin(), change.people.end());
      list.push_back(std::move(change));
    }
    std::stable_sort(list.begin(), list.end(), [](const AccessChange& a, const AccessChange& b) {
      return std::tie(a.access, a.everyone_else, a.people) < std::tie(b.access, b.everyone_else, b.people);
    });
    return list;
  }

 private:
  using What = std::pair<Access, Formula>;
  using Found = std::map<What, Region>;

  void collect(const PersonClass& people) {
    stances_.clear();
    for (std::size_t policy = 0; policy < policies_.size(); ++policy) {
      for (const auto rule : people.rules[policy]) {
        const auto& resolved = policies_[policy]->rules[rule];
        for (const auto resource : resolved.resources) add(layers_.of_resource(policy, resource), policy, rule);
        if (resolved.to_any) add(kAnyLayer, policy, rule);
      }
    }
  }

  void add(std::uint32_t layer, std::size_t policy, std::uint32_t rule) {
    auto& stance = stances_[layer];
    const bool allow = policies_[policy]->document.rules[rule].kind == RuleKind::Allow;
    auto& side = (allow ? stance.allowed : stance.denied)[policy];
    side = formulas_.either(side, conditions_[policy][rule]);
  }

  void sweep(Found& found) {
    std::vector<LayerStretch> stretches;
    for (const auto& [layer, stance] : stances_) {
      for (const auto& prefix : layers_.prefixes(layer)) stretches.push_back({stretch_of(prefix), layer});
    }
    looked_at_ += stretches.size();
    if (!complete()) return;
    std::map<std::vector<std::uint32_t>, std::map<What, ServiceSet>> known;
    sweep_addresses(stretches, [&](const AddressStretch& piece, const std::vector<std::uint32_t>& layers) {
      const auto [place, is_new] = known.try_emplace(layers);
      if (is_new) place->second = changes_at(layers);
      for (const auto& [what, services] : place->second) found[what].append({piece, services});
    });
  }

  /// What changes on addresses in these layers, and for which services.
  std::map<What, ServiceSet> changes_at(const std::vector<std::uint32_t>& layers) {
    std::vector<NamedServices> services;
    for (const auto layer : layers) {
      for (const auto& range : layers_.services(layer)) services.push_back({range, layer});
    }
    std::map<What, std::vector<ServiceRange>> changed;
    const auto is_same = [this](std::uint32_t layer) { return stances_.at(layer).is_same(); };
    for (const auto& cell : make_disjoint(services)) {
      if (std::all_of(cell.resources.begin(), cell.resources.end(), is_same)) continue;
      const auto [before, after] = reach_of(cell.resources);
      const auto gained = formulas_.without(after, before);
      const auto lost = formulas_.without(before, after);
      if (gained != Formula::False) changed[{Access::Gained, gained}].push_back(cell.range);
      if (lost != Formula::False) changed[{Access::Lost, lost}].push_back(cell.range);
    }
    std::map<What, ServiceSet> sets;
    for (const auto& [what, ranges] : changed) sets[what] = service_set(ranges);
    return sets;
  }

  std::array<Formula, 2> reach_of(const std::vector<std::uint32_t>& layers) {
    std::array<Formula, 2> reach{};
    for (std::size_t policy = 0; policy < reach.size(); ++policy) {
      Formula allowed = Formula::False;
      Formula denied = Formula::False;
      for (const auto layer : layers) {
        allowed = formulas_.either(allowed, stances_.at(layer).allowed[policy]);
        denied = formulas_.either(denied, stances_.at(layer).denied[policy]);
      }
      reach[policy] = formulas_.without(allowed, denied);
    }
    return reach;
  }

  std::array<const ResolvedPolicy*, 2> policies_;
  ConditionSpace& space_;
  FormulaStore& formulas_;
  Layers layers_;
  std::array<std::vector<Formula>, 2> conditions_;
  std::map<std::uint32_t, Stance> stances_;  ///< of the class looked at, by layer
  std::map<std::tuple<Access, Formula, Region>, AccessChange> changes_;
  std::size_t looked_at_ = 0;
};

}  // namespace

PolicyDiff::PolicyDiff(std::shared_ptr<const Policy> before, std::shared_ptr<const Policy> after, WallTime since)
    : before_{std::move(before)},
      after_{std::move(after)},
      space_{std::make_unique<ConditionSpace>(std::vector{&before_->resolved(), &after_->resolved()}, since)} {}

Result<PolicyDiff, std::string> PolicyDiff::between(std::shared_ptr<const Policy> before,
                                                    std::shared_ptr<const Policy> after, WallTime since) {
  PolicyDiff diff{std::move(before), std::move(after), since};
  const std::array policies{&diff.before_->resolved(), &diff.after_->resolved()};
  Comparison comparison{policies, *diff.space_};
  for (const auto& people : classes_of_people({policies[0], policies[1]})) {
    diff.people_ += people.people.size();
    comparison.look_at(people);
    if (!comparison.complete()) return fail(std::string{"the two policies are too large to be compared exactly"});
  }
  diff.changes_ = std::move(comparison).result();
  return diff;
}

}  // namespace sallyport
