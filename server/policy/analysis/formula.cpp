#include "server/policy/analysis/formula.hpp"

#include <algorithm>
#include <limits>

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
  Cases found;
  Case around;
  (void)cover_into(least, most, around, found, max_cases);
  return found;
}

/// Returns what the cases added to `out` amount to, below the literals in `around`.
Formula FormulaStore::cover_into(Formula least, Formula most, Case& around, Cases& out, std::size_t max_cases) {
  if (least == Formula::False || !out.complete || exhausted_) return Formula::False;
  if (most == Formula::True) {
    if (out.cases.size() >= max_cases)
      out.complete = false;
    else
      out.cases.push_back(around);
    return Formula::True;
  }
  const auto first = top(least, most);
  const auto least_if_not = low(least, first);
  const auto least_if_so = high(least, first);
  const auto most_if_not = low(most, first);
  const auto most_if_so = high(most, first);
  around.push_back({first, false});
  const auto if_not = cover_into(without(least_if_not, most_if_so), most_if_not, around, out, max_cases);
  around.back().value = true;
  const auto if_so = cover_into(without(least_if_so, most_if_not), most_if_so, around, out, max_cases);
  around.pop_back();
  const auto rest = either(without(least_if_not, if_not), without(least_if_so, if_so));
  const auto whatever = cover_into(rest, both(most_if_not, most_if_so), around, out, max_cases);
  return either(make({first, if_not, if_so}), whatever);
}

}  // namespace sallyport
