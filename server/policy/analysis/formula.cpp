#include "server/policy/analysis/formula.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace sallyport {
namespace {

/// Of the two constants: below every variable.
constexpr std::uint32_t kNoVariable = std::numeric_limits<std::uint32_t>::max();

constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t value) noexcept {
  return (seed ^ value) * 0x9e3779b97f4a7c15U + (seed >> 29U);
}

constexpr std::uint64_t number(Formula formula) noexcept { return static_cast<std::uint64_t>(formula); }

}  // namespace

std::size_t FormulaStore::NodeHash::operator()(const Node& node) const noexcept {
  return mix(mix(mix(1, node.variable), number(node.low)), number(node.high));
}

std::size_t FormulaStore::ChoiceHash::operator()(const Choice& choice) const noexcept {
  return mix(mix(mix(1, number(choice.condition)), number(choice.then)), number(choice.otherwise));
}

FormulaStore::FormulaStore(std::size_t max_nodes)
    : max_nodes_{max_nodes}, nodes_{Node{kNoVariable, {}, {}}, Node{kNoVariable, {}, {}}} {}

Formula FormulaStore::variable(std::uint32_t number) { return make({number, Formula::False, Formula::True}); }

std::uint32_t FormulaStore::top(Formula a, Formula b) const { return std::min(node(a).variable, node(b).variable); }

Formula FormulaStore::low(Formula formula, std::uint32_t variable) const {
  return node(formula).variable == variable ? node(formula).low : formula;
}

Formula FormulaStore::high(Formula formula, std::uint32_t variable) const {
  return node(formula).variable == variable ? node(formula).high : formula;
}

Formula FormulaStore::make(const Node& node) {
  if (node.low == node.high) return node.low;
  const auto [place, is_new] = known_.try_emplace(node, Formula{static_cast<std::uint32_t>(nodes_.size())});
  if (!is_new) return place->second;
  if (nodes_.size() >= max_nodes_) {
    known_.erase(place);
    exhausted_ = true;
    return Formula::False;
  }
  nodes_.push_back(node);
  return place->second;
}

Formula FormulaStore::choose(Formula condition, Formula then, Formula otherwise) {
  if (condition == Formula::True || then == otherwise || exhausted_) return then;
  if (condition == Formula::False) return otherwise;
  if (then == Formula::True && otherwise == Formula::False) return condition;
  const Choice choice{condition, then, otherwise};
  if (const auto known = chosen_.find(choice); known != chosen_.end()) return known->second;
  const auto first = std::min(node(condition).variable, top(then, otherwise));
  const auto if_not = choose(low(condition, first), low(then, first), low(otherwise, first));
  const auto if_so = choose(high(condition, first), high(then, first), high(otherwise, first));
  const auto answer = make({first, if_not, if_so});
  if (chosen_.size() >= 4 * max_nodes_) chosen_.clear();
  chosen_.emplace(choice, answer);
  return answer;
}

bool FormulaStore::holds(Formula formula, const std::vector<bool>& values) const {
  while (formula != Formula::False && formula != Formula::True) {
    const auto& each = node(formula);
    formula = values[each.variable] ? each.high : each.low;
  }
  return formula == Formula::True;
}

Cases FormulaStore::cover(Formula least, Formula most, std::size_t max_cases) {
  Cover cover{{}, {}, max_cases};
  (void)cover_into(least, most, least, cover);
  if (exhausted_) return {{}, false};
  return std::move(cover.found);
}

/// Returns what the cases that are added amount to, below the literals around them and within `care`. Without that
/// limit they would multiply: cases say nothing of what is impossible anyway. `least` is within `care`.
Formula FormulaStore::cover_into(Formula least, Formula most, Formula care, Cover& cover) {
  if (least == Formula::False || !cover.found.complete || exhausted_) return Formula::False;
  if (most == Formula::True) {
    if (cover.found.cases.size() >= cover.max_cases)
      cover.found.complete = false;
    else
      cover.found.cases.push_back(cover.around);
    return care;
  }
  const auto first = top(least, most);
  auto inner = care;
  while (node(inner).variable < first) inner = either(node(inner).low, node(inner).high);
  const auto least_if_not = low(least, first);
  const auto least_if_so = high(least, first);
  const auto most_if_not = low(most, first);
  const auto most_if_so = high(most, first);
  cover.around.push_back({first, false});
  const auto if_not = cover_into(without(least_if_not, most_if_so), most_if_not, low(inner, first), cover);
  cover.around.back().value = true;
  const auto if_so = cover_into(without(least_if_so, most_if_not), most_if_so, high(inner, first), cover);
  cover.around.pop_back();
  const auto rest = either(without(least_if_not, if_not), without(least_if_so, if_so));
  const auto whatever =
      cover_into(rest, both(most_if_not, most_if_so), either(low(inner, first), high(inner, first)), cover);
  return both(choose(variable(first), either(if_so, whatever), either(if_not, whatever)), care);
}

}  // namespace sallyport
