#include "server/policy/analysis/condition_space.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sallyport {
namespace {

/// Formulas recurse as deep as there are questions.
constexpr std::size_t kMaxAtoms = 8192;

const PolicyRule& written(const ResolvedPolicy& policy, std::uint32_t rule) { return policy.document.rules[rule]; }

AtomKind posture_kind(RuleKind kind) { return kind == RuleKind::Deny ? AtomKind::PostureAtBest : AtomKind::Posture; }

bool is_posture(const Atom& atom) { return atom.kind == AtomKind::Posture || atom.kind == AtomKind::PostureAtBest; }

/// Dates and ages ascend, so that the longer one follows the shorter. Questions about one posture check, and about
/// checks that ask nearly the same, stand together: far from each other they would multiply.
bool stands_before(const Atom& a, const Atom& b) {
  const auto family = [](const Atom& atom) { return is_posture(atom) ? AtomKind::Posture : atom.kind; };
  if (is_posture(a) && is_posture(b)) return std::tie(a.key, a.kind) < std::tie(b.key, b.kind);
  return std::tuple{family(a), a.age, a.date} < std::tuple{family(b), b.age, b.date};
}

const std::vector<std::uint32_t>& items_of(const std::optional<std::vector<std::uint32_t>>& list) {
  static const std::vector<std::uint32_t> kNone;
  return list ? *list : kNone;
}

}  // namespace

ConditionSpace::ConditionSpace(std::vector<const ResolvedPolicy*> policies, WallTime since, std::size_t max_nodes)
    : policies_{std::move(policies)}, since_{since}, formulas_{max_nodes} {
  collect_atoms();
  if (too_many_atoms_) return;
  one_device_at_most();
  longer_ages_follow();
  postures_agree();
  one_address();
  clocks_agree();
}

void ConditionSpace::collect_atoms() {
  for (const auto* policy : policies_) {
    for (std::uint32_t rule = 0; rule < policy->rules.size(); ++rule) collect_rule(*policy, rule);
  }
  std::stable_sort(atoms_.begin(), atoms_.end(), stands_before);
  for (std::uint32_t i = 0; i < atoms_.size(); ++i) {
    numbers_[{atoms_[i].kind, atoms_[i].key}] = i;
    ++names_[{atoms_[i].kind, atoms_[i].name}];
  }
  too_many_atoms_ = atoms_.size() > kMaxAtoms;
}

void ConditionSpace::collect_rule(const ResolvedPolicy& policy, std::uint32_t rule) {
  const auto& resolved = policy.rules[rule];
  const auto& guard = policy.guards[resolved.guard];
  if (resolved.devices) {
    for (const auto& device : *resolved.devices) add(device_atom(device));
  }
  for (const auto* networks : {&resolved.from, &resolved.not_from}) {
    for (const auto network : items_of(*networks)) add(network_atom(policy, network));
  }
  for (const auto* hours : {&guard.during, &guard.outside}) {
    for (const auto each : items_of(*hours)) add(hours_atom(policy, each));
  }
  for (const auto posture : items_of(guard.posture)) add(posture_atom(policy, posture, posture_kind(guard.kind)));
  if (guard.key_age) add(age_atom(AtomKind::KeyAge, *guard.key_age));
  if (guard.proof_age) add(age_atom(AtomKind::ProofAge, *guard.proof_age));
  if (guard.revocation_age) add(age_atom(AtomKind::RevocationAge, *guard.revocation_age));
  if (const auto until = written(policy, rule).until) add(date_atom(*until));
}

void ConditionSpace::add(Atom atom) {
  if (numbers_.try_emplace({atom.kind, atom.key}, 0).second) atoms_.push_back(std::move(atom));
}

Formula ConditionSpace::formula_of(const Atom& atom) { return formulas_.variable(numbers_.at({atom.kind, atom.key})); }

template <class Items, class ToAtom>
Formula ConditionSpace::any_of(const Items& items, ToAtom to_atom) {
  Formula any = Formula::False;
  for (const auto& item : items) any = formulas_.either(any, formula_of(to_atom(item)));
  return any;
}

Formula ConditionSpace::of_source(std::size_t policy, std::uint32_t rule) {
  const auto& resolved = policies_[policy]->rules[rule];
  const auto atom = [&](std::uint32_t network) { return network_atom(*policies_[policy], network); };
  auto all = resolved.from ? any_of(*resolved.from, atom) : Formula::True;
  if (resolved.not_from) all = formulas_.without(all, any_of(*resolved.not_from, atom));
  return all;
}

Formula ConditionSpace::of_hours(std::size_t policy, std::uint32_t rule) {
  const auto& guard = policies_[policy]->guards[policies_[policy]->rules[rule].guard];
  const auto atom = [&](std::uint32_t hours) { return hours_atom(*policies_[policy], hours); };
  auto all = guard.during ? any_of(*guard.during, atom) : Formula::True;
  if (guard.outside) all = formulas_.without(all, any_of(*guard.outside, atom));
  return all;
}

Formula ConditionSpace::of_rule(std::size_t policy, std::uint32_t rule) {
  return formulas_.both(conditions_of(policy, rule), possible_);
}

Formula ConditionSpace::conditions_of(std::size_t policy, std::uint32_t rule) {
  const auto& from = *policies_[policy];
  const auto& resolved = from.rules[rule];
  const auto& guard = from.guards[resolved.guard];
  Formula all = formulas_.both(of_source(policy, rule), of_hours(policy, rule));
  const auto ask = [&](Formula condition) { all = formulas_.both(all, condition); };
  if (resolved.devices) ask(any_of(*resolved.devices, device_atom));
  if (guard.posture) {
    ask(any_of(*guard.posture, [&](std::uint32_t i) { return posture_atom(from, i, posture_kind(guard.kind)); }));
  }
  // Evidence is fresh or unknown, and a deny takes either for met.
  if (guard.kind == RuleKind::Allow) {
    if (guard.key_age) ask(formula_of(age_atom(AtomKind::KeyAge, *guard.key_age)));
    if (guard.proof_age) ask(formula_of(age_atom(AtomKind::ProofAge, *guard.proof_age)));
    if (guard.revocation_age) ask(formula_of(age_atom(AtomKind::RevocationAge, *guard.revocation_age)));
  }
  if (const auto until = written(from, rule).until) {
    ask(*until <= since_ ? Formula::False : formula_of(date_atom(*until)));
  }
  return all;
}

std::vector<bool> ConditionSpace::answers(const Evidence& evidence, WallTime now) const {
  std::vector<bool> values;
  for (const auto& atom : atoms_) values.push_back(is_so(atom, evidence, now));
  return values;
}

Cases ConditionSpace::cases_of(Formula formula, std::size_t max_cases, Formula given) {
  const auto granted = formulas_.both(possible_, given);
  const auto least = formulas_.both(formula, granted);
  const auto most = formulas_.either(formula, formulas_.negated(granted));
  return formulas_.cover(least, most, max_cases);
}

Formula ConditionSpace::at(WallTime now) {
  Formula all = Formula::True;
  for (std::size_t i = atoms_.size(); i > 0; --i) {
    const auto& atom = atoms_[i - 1];
    if (atom.kind != AtomKind::Hours && atom.kind != AtomKind::Before) continue;
    const auto variable = formulas_.variable(static_cast<std::uint32_t>(i - 1));
    all = is_so(atom, {}, now) ? formulas_.both(all, variable) : formulas_.without(all, variable);
  }
  return all;
}

std::string ConditionSpace::words(const Literal& literal) const {
  const auto& atom = atoms_[literal.variable];
  auto name = atom.name;
  const bool ambiguous = names_.at({atom.kind, atom.name}) > 1;
  if (ambiguous && atom.policy != nullptr) name += atom.policy == policies_.front() ? " (as in old)" : " (as in new)";
  return words_of(atom, literal.value, name);
}

std::vector<std::uint32_t> ConditionSpace::variables_of(AtomKind kind) const {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < atoms_.size(); ++i) {
    if (atoms_[i].kind == kind) found.push_back(i);
  }
  return found;
}

void ConditionSpace::one_device_at_most() {
  Formula none = Formula::True;
  Formula one_at_most = Formula::True;
  const auto devices = variables_of(AtomKind::Device);
  for (auto device = devices.rbegin(); device != devices.rend(); ++device) {
    const auto variable = formulas_.variable(*device);
    one_at_most = formulas_.choose(variable, none, one_at_most);
    none = formulas_.without(none, variable);
  }
  restrict_to(one_at_most);
}

void ConditionSpace::longer_ages_follow() {
  for (const auto kind : {AtomKind::KeyAge, AtomKind::ProofAge, AtomKind::RevocationAge, AtomKind::Before}) {
    auto variables = variables_of(kind);
    for (std::size_t i = variables.size(); i > 1; --i) {
      const auto shorter = formulas_.variable(variables[i - 2]);
      const auto longer = formulas_.variable(variables[i - 1]);
      restrict_to(formulas_.choose(shorter, longer, Formula::True));
    }
  }
}

}  // namespace sallyport
