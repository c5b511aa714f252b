#pragma once

#include "server/policy/analysis/atom.hpp"
#include "server/policy/analysis/formula.hpp"
#include "server/policy/resolved_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// What the rules of one or two policies ask of a session, beside who and to, as formulas over the same questions.
/// It speaks of sessions as they are: person, device, source and the time of day are known, posture may be unknown.
class ConditionSpace {
 public:
  /// `policies` outlive this. Only times from `since` on count.
  ConditionSpace(std::vector<const ResolvedPolicy*> policies, WallTime since, std::size_t max_nodes = kMaxFormulaNodes);

  /// When the conditions of a rule are met, of what is possible: without that, conditions that exclude each other
  /// multiply where rules add up.
  [[nodiscard]] Formula of_rule(std::size_t policy, std::uint32_t rule);
  /// True too when that is not known because the store is exhausted.
  [[nodiscard]] bool can_hold(Formula formula) {
    return formulas_.both(formula, possible_) != Formula::False || exhausted();
  }

  /// The answers to all questions; Formula::holds() takes them.
  [[nodiscard]] std::vector<bool> answers(const Evidence& evidence, WallTime now) const;

  /// When `formula` holds, in as few cases as possible, each a list of conditions; where `given` holds, if that is
  /// taken for granted.
  [[nodiscard]] Cases cases_of(Formula formula, std::size_t max_cases, Formula given = Formula::True);
  /// The date and the hours are as at `now`.
  [[nodiscard]] Formula at(WallTime now);
  [[nodiscard]] const Atom& atom(const Literal& literal) const { return atoms_[literal.variable]; }
  /// In words; items that two policies define differently under one name are told apart.
  [[nodiscard]] std::string words(const Literal& literal) const;

  [[nodiscard]] FormulaStore& formulas() noexcept { return formulas_; }
  /// The policies are too intricate to be examined: nothing said of them can be relied on.
  [[nodiscard]] bool exhausted() const noexcept { return too_many_atoms_ || formulas_.exhausted(); }
  /// False: more is taken for possible than is, for there are too many networks, hours or posture checks to compare.
  [[nodiscard]] bool exact() const noexcept { return exact_; }

  // Parts of of_rule(), to find out which of them cannot be met together. True where the rule does not ask.
  [[nodiscard]] Formula of_source(std::size_t policy, std::uint32_t rule);
  [[nodiscard]] Formula of_hours(std::size_t policy, std::uint32_t rule);

 private:
  void collect_atoms();
  void collect_rule(const ResolvedPolicy& policy, std::uint32_t rule);
  void add(Atom atom);
  [[nodiscard]] Formula formula_of(const Atom& atom);
  template <class Items, class ToAtom>
  [[nodiscard]] Formula any_of(const Items& items, ToAtom to_atom);
  void restrict_to(Formula formula) { possible_ = formulas_.both(possible_, formula); }
  void one_device_at_most();
  void longer_ages_follow();
  void postures_agree();
  void known_postures_follow(const std::vector<std::uint32_t>& variables);
  void one_address();
  void clocks_agree();
  [[nodiscard]] Formula conditions_of(std::size_t policy, std::uint32_t rule);
  void only_one_of(const std::set<std::vector<std::uint32_t>>& rows, const std::vector<std::uint32_t>& variables);
  [[nodiscard]] std::vector<std::uint32_t> variables_of(AtomKind kind) const;

  std::vector<const ResolvedPolicy*> policies_;
  WallTime since_;
  FormulaStore formulas_;
  std::vector<Atom> atoms_;  ///< by kind; the variable of a formula is the index
  std::map<std::pair<AtomKind, std::string>, std::uint32_t> numbers_;
  std::map<std::pair<AtomKind, std::string>, std::size_t> names_;  ///< how many meanings a name has
  Formula possible_ = Formula::True;
  bool too_many_atoms_ = false;
  bool exact_ = true;
};

}  // namespace sallyport
