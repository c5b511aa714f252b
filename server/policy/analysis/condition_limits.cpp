#include "server/policy/analysis/address_sweep.hpp"
#include "server/policy/analysis/condition_space.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::local_seconds;
using std::chrono::minutes;

/// Rows beyond this are not worth their cost: without them more is taken for possible than is.
constexpr std::size_t kMaxRowCells = 200'000;

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

}  // namespace

/// `variables` are exactly as in one of the rows.
void ConditionSpace::only_one_of(const std::vector<std::vector<bool>>& rows,
                                 const std::vector<std::uint32_t>& variables) {
  if (rows.size() * variables.size() > kMaxRowCells) return;
  Formula any = Formula::False;
  for (const auto& row : rows) {
    Formula all = Formula::True;
    for (std::size_t i = variables.size(); i > 0; --i) {
      const auto variable = formulas_.variable(variables[i - 1]);
      all = row[i - 1] ? formulas_.both(variable, all) : formulas_.without(all, variable);
    }
    any = formulas_.either(any, all);
  }
  restrict_to(any);
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
  std::set<std::vector<bool>> rows;
  sweep_addresses(stretches, [&](const AddressStretch&, const std::vector<std::uint32_t>& networks) {
    std::vector<bool> row(variables.size(), false);
    for (const auto network : networks) row[network] = true;
    rows.insert(std::move(row));
  });
  only_one_of({rows.begin(), rows.end()}, variables);
}

/// Hours of one zone are open together as its clocks say, whatever the date. Between zones nothing is taken for
/// granted.
void ConditionSpace::clocks_agree() {
  std::map<std::string, std::vector<std::uint32_t>> by_zone;
  for (const auto variable : variables_of(AtomKind::Hours)) {
    const auto& zone = hours_of(atoms_[variable]).zone;
    if (zone) by_zone[zone->name()].push_back(variable);
  }
  for (const auto& [zone, variables] : by_zone) {
    std::vector<const WeeklyHours*> all;
    for (const auto variable : variables) all.push_back(&hours_of(atoms_[variable]));
    std::set<std::vector<bool>> rows;
    for (const auto turn : turns_of(all)) {
      std::vector<bool> row;
      for (const auto* hours : all) row.push_back(is_open(hours->windows, turn));
      rows.insert(std::move(row));
    }
    only_one_of({rows.begin(), rows.end()}, variables);
  }
}

}  // namespace sallyport
