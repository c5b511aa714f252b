#include "server/policy/analysis/condition_space.hpp"
#include "server/policy/analysis/posture_relation.hpp"

#include <algorithm>
#include <cstddef>

namespace sallyport {
namespace {

/// Questions about posture beyond this are not compared with each other.
constexpr std::size_t kMaxQuestions = 400;

/// What is known of one answer by another: `follows[a][b]`: where a is so, b is; `excludes[a][b]`: b is not.
struct Relations {
  explicit Relations(std::size_t size)
      : follows(size, std::vector<bool>(size, false)), excludes(size, std::vector<bool>(size, false)) {}

  std::vector<std::vector<bool>> follows;
  std::vector<std::vector<bool>> excludes;
};

const PostureCheck& check_of(const Atom& atom) { return atom.policy->document.postures[atom.index].check; }

/// A check holds when it is fresh and all its lines hold; it fails when it is fresh and a line fails.
bool follows(const Atom& a, const Atom& b) {
  const auto& asked = check_of(a);
  const auto& other = check_of(b);
  if (!lines_imply(asked, other)) return false;
  const bool known = a.kind == AtomKind::Posture;
  if (b.kind == AtomKind::Posture) return known && is_as_fresh(asked, other);
  return known || is_as_fresh(other, asked);
}

/// Where a check is known to hold, another that cannot hold with it fails, or its report is too old to tell.
bool excludes(const Atom& a, const Atom& b) {
  if (a.kind != AtomKind::Posture || !lines_exclude(check_of(a), check_of(b))) return false;
  return b.kind == AtomKind::Posture || is_as_fresh(check_of(a), check_of(b));
}

Relations relations_of(const std::vector<const Atom*>& atoms) {
  Relations found{atoms.size()};
  for (std::size_t a = 0; a < atoms.size(); ++a) {
    for (std::size_t b = 0; b < atoms.size(); ++b) {
      if (a == b) continue;
      found.follows[a][b] = follows(*atoms[a], *atoms[b]);
      found.excludes[a][b] = excludes(*atoms[a], *atoms[b]);
    }
  }
  return found;
}

/// Whether some third answer lies between, so that all is said of a and b when it is said of each and that one.
bool follows_by_others(const Relations& all, std::size_t a, std::size_t b) {
  for (std::size_t between = 0; between < all.follows.size(); ++between) {
    if (all.follows[a][between] && all.follows[between][b]) return true;
  }
  return false;
}

bool excludes_by_others(const Relations& all, std::size_t a, std::size_t b) {
  for (std::size_t wider = 0; wider < all.follows.size(); ++wider) {
    if ((all.follows[a][wider] && all.excludes[wider][b]) || (all.follows[b][wider] && all.excludes[a][wider]))
      return true;
  }
  return false;
}

}  // namespace

/// Of each check by itself: what is known to hold is not known to fail.
void ConditionSpace::known_postures_follow(const std::vector<std::uint32_t>& variables) {
  for (std::size_t i = variables.size(); i > 1; --i) {
    const auto known = variables[i - 2];
    const auto at_best = variables[i - 1];
    if (atoms_[known].key != atoms_[at_best].key) continue;
    restrict_to(formulas_.choose(formulas_.variable(known), formulas_.variable(at_best), Formula::True));
  }
}

void ConditionSpace::postures_agree() {
  auto variables = variables_of(AtomKind::Posture);
  const auto at_best = variables_of(AtomKind::PostureAtBest);
  variables.insert(variables.end(), at_best.begin(), at_best.end());
  std::sort(variables.begin(), variables.end());
  if (variables.size() > kMaxQuestions) {
    exact_ = false;
    return known_postures_follow(variables);
  }
  std::vector<const Atom*> atoms;
  for (const auto variable : variables) atoms.push_back(&atoms_[variable]);
  const auto relations = relations_of(atoms);
  Formula all = Formula::True;
  for (std::size_t a = variables.size(); a-- > 0;) {
    const auto so = formulas_.variable(variables[a]);
    for (std::size_t b = variables.size(); b-- > 0;) {
      const auto other = formulas_.variable(variables[b]);
      if (relations.follows[a][b] && !follows_by_others(relations, a, b))
        all = formulas_.both(all, formulas_.choose(so, other, Formula::True));
      if (relations.excludes[a][b] && !excludes_by_others(relations, a, b))
        all = formulas_.both(all, formulas_.negated(formulas_.both(so, other)));
    }
  }
  restrict_to(all);
}

}  // namespace sallyport
