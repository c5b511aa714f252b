#include "server/policy/analysis/address_sweep.hpp"
#include "server/policy/analysis/condition_space.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <span>
#include <utility>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::local_seconds;
using std::chrono::minutes;

/// Entries of rows beyond this are not worth their cost: without them more is taken for possible than is.
constexpr std::size_t kMaxRowEntries = 2'000'000;

/// The clocks of both always show the same, as those of UTC and Etc/UTC do.
bool show_the_same(const TimeZone& a, const TimeZone& b) {
  if (a.name() == b.name()) return true;
  for (WallTime now = a.known_again(WallTime::min()), other = b.known_again(WallTime::min()); now == other;) {
    const auto mine = a.at(now);
    const auto theirs = b.at(now);
    if (!mine || !theirs) return !mine && !theirs;
    if (mine->utc != theirs->utc || mine->end != theirs->end) return false;
    now = other = mine->end;
  }
  return false;
}

const WeeklyHours& hours_of(const Atom& atom) { return atom.policy->document.hours[atom.index].hours; }

/// The moments of a week from which on some of these hours may be open or not.
std::set<local_seconds> turns_of(const std::vector<const WeeklyHours*>& all) {
  constexpr auto kWeek = days{7};
  std::set<local_seconds> turns;
  for (const auto* hours : all) {
    for (const auto& window : hours->windows) {
      for (int day = 0; day < 7; ++day) {
        for (const auto edge : {window.from, window.to}) {
          turns.insert(local_seconds{(days{day} + edge) % kWeek});
        }
      }
    }
  }
  return turns;
}

using Row = std::vector<std::uint32_t>;

/// The formula that some variables are exactly as in one of several rows, each a list of those that are so.
class RowFormula {
 public:
  RowFormula(FormulaStore& formulas, const std::vector<std::uint32_t>& variables)
      : formulas_{formulas}, variables_{variables}, none_(variables.size() + 1, Formula::True) {
    for (std::size_t i = variables.size(); i-- > 0;) none_[i] = with(i, none_[i + 1], Formula::False);
  }

  /// Of rows in order that agree up to `depth`; of the variables from `from` on.
  Formula of(std::span<const Row* const> rows, std::size_t depth = 0, std::size_t from = 0) {
    const bool any_ends = rows.front()->size() == depth;
    std::size_t end = variables_.size();
    Formula all = any_ends ? Formula::True : Formula::False;
    for (std::size_t last = rows.size(), first = last; last > (any_ends ? 1U : 0U); last = first) {
      const auto next = (*rows[last - 1])[depth];
      while (first > (any_ends ? 1U : 0U) && (*rows[first - 1])[depth] == next) --first;
      const auto so = rows[last - 1]->size() == depth + 1 && last - first == 1
                          ? none_[next + 1]
                          : of(rows.subspan(first, last - first), depth + 1, next + 1);
      all = with(next, down(all, end, next + 1), so);
      end = next;
    }
    return down(all, end, from);
  }

 private:
  Formula with(std::size_t i, Formula if_not, Formula if_so) {
    return formulas_.choose(formulas_.variable(variables_[i]), if_so, if_not);
  }
  /// And none of the variables from `to` on, up to `from`.
  Formula down(Formula formula, std::size_t from, std::size_t to) {
    if (formula == Formula::False) return formula;
    if (formula == Formula::True && from == variables_.size()) return none_[to];
    while (from > to) formula = with(--from, formula, Formula::False);
    return formula;
  }

  FormulaStore& formulas_;
  const std::vector<std::uint32_t>& variables_;
  std::vector<Formula> none_;  ///< no variable from there on
};

}  // namespace

/// `variables` are exactly as in one of the rows, which name them by their places in the list. Both ascend.
void ConditionSpace::only_one_of(const std::set<Row>& rows, const std::vector<std::uint32_t>& variables) {
  std::size_t entries = 0;
  std::vector<const Row*> list;
  for (const auto& row : rows) {
    entries += row.size();
    list.push_back(&row);
  }
  if (list.empty()) return;
  if (entries > kMaxRowEntries) {
    exact_ = false;
    return;
  }
  restrict_to(RowFormula{formulas_, variables}.of(list));
}

/// An address is in those networks that hold it and in no other.
void ConditionSpace::one_address() {
  const auto variables = variables_of(AtomKind::Source);
  if (variables.empty()) return;
  std::vector<LayerStretch> stretches;
  for (std::uint32_t i = 0; i < variables.size(); ++i) {
    const auto& atom = atoms_[variables[i]];
    for (const auto& prefix : atom.policy->document.networks[atom.index].prefixes) {
      stretches.push_back({stretch_of(prefix), i});
    }
  }
  std::set<Row> rows;
  sweep_addresses(stretches, [&](const AddressStretch&, const Row& networks) { rows.insert(networks); });
  only_one_of(rows, variables);
}

/// Hours of one zone are open together as its clocks say, whatever the date. Between zones nothing is taken for
/// granted.
void ConditionSpace::clocks_agree() {
  std::vector<std::pair<const TimeZone*, std::vector<std::uint32_t>>> by_zone;
  for (const auto variable : variables_of(AtomKind::Hours)) {
    const auto& zone = hours_of(atoms_[variable]).zone;
    if (!zone) continue;
    auto same = std::find_if(by_zone.begin(), by_zone.end(),
                             [&zone](const auto& each) { return show_the_same(*each.first, *zone); });
    if (same == by_zone.end()) same = by_zone.insert(same, {zone.get(), {}});
    same->second.push_back(variable);
  }
  for (const auto& [zone, variables] : by_zone) {
    std::vector<const WeeklyHours*> all;
    for (const auto variable : variables) all.push_back(&hours_of(atoms_[variable]));
    std::set<Row> rows;
    for (const auto turn : turns_of(all)) {
      Row row;
      for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (is_open(all[i]->windows, turn)) row.push_back(i);
      }
      rows.insert(std::move(row));
    }
    only_one_of(rows, variables);
  }
}

}  // namespace sallyport
