#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace sallyport {

/// A Boolean formula over numbered variables, held by a FormulaStore. Equal numbers of one store mean equal formulas.
enum class Formula : std::uint32_t { False = 0, True = 1 };

/// "This variable is so."
struct Literal {
  std::uint32_t variable = 0;
  bool value = false;
  friend auto operator<=>(const Literal&, const Literal&) = default;
};

/// One way in which a formula holds: all of these, whatever the other variables are.
using Case = std::vector<Literal>;

struct Cases {
  std::vector<Case> cases;
  bool complete = true;  ///< false: there are more than were asked for
};

inline constexpr std::size_t kMaxFormulaNodes = std::size_t{1} << 20U;

/// Ordered binary decision diagrams, each node once. Bounded: a store that would grow beyond its limit is exhausted,
/// and from then on its answers mean nothing.
class FormulaStore {
 public:
  explicit FormulaStore(std::size_t max_nodes = kMaxFormulaNodes);

  [[nodiscard]] Formula variable(std::uint32_t number);
  [[nodiscard]] Formula both(Formula a, Formula b) { return choose(a, b, Formula::False); }
  [[nodiscard]] Formula either(Formula a, Formula b) { return choose(a, Formula::True, b); }
  [[nodiscard]] Formula negated(Formula a) { return choose(a, Formula::False, Formula::True); }
  [[nodiscard]] Formula without(Formula a, Formula b) { return choose(b, Formula::False, a); }
  /// `condition` ? `then` : `otherwise`
  [[nodiscard]] Formula choose(Formula condition, Formula then, Formula otherwise);

  /// `values` has an entry for every variable of the formula.
  [[nodiscard]] bool holds(Formula formula, const std::vector<bool>& values) const;

  /// A short list of cases, any of which holds wherever `least` does and only where `most` does; `least` implies
  /// `most`. No case and no literal can be left out (Minato and Morreale). Incomplete without a case: exhausted.
  [[nodiscard]] Cases cover(Formula least, Formula most, std::size_t max_cases);

  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

 private:
  struct Node {
    std::uint32_t variable = 0;
    Formula low = Formula::False;   ///< the formula where the variable is not so
    Formula high = Formula::False;  ///< where it is
    friend bool operator==(const Node&, const Node&) = default;
  };
  struct NodeHash {
    std::size_t operator()(const Node& node) const noexcept;
  };
  struct Choice {
    Formula condition, then, otherwise;
    friend bool operator==(const Choice&, const Choice&) = default;
  };
  struct ChoiceHash {
    std::size_t operator()(const Choice& choice) const noexcept;
  };

  [[nodiscard]] const Node& node(Formula formula) const { return nodes_[static_cast<std::uint32_t>(formula)]; }
  [[nodiscard]] std::uint32_t top(Formula a, Formula b) const;
  [[nodiscard]] Formula low(Formula formula, std::uint32_t variable) const;
  [[nodiscard]] Formula high(Formula formula, std::uint32_t variable) const;
  [[nodiscard]] Formula make(const Node& node);
  struct Cover {
    Cases found;
    Case around;
    std::size_t max_cases = 0;
  };
  [[nodiscard]] Formula cover_into(Formula least, Formula most, Formula care, Cover& cover);

  std::size_t max_nodes_;
  std::vector<Node> nodes_;
  std::unordered_map<Node, Formula, NodeHash> known_;
  std::unordered_map<Choice, Formula, ChoiceHash> chosen_;
  bool exhausted_ = false;
};

}  // namespace sallyport
