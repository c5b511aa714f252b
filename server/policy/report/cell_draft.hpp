#pragma once

#include "server/policy/report/policy_report.hpp"
#include "server/policy/report/rule_spans.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport {

/// What the enforced rules that speak of a resource come to.
struct Voices {
  bool allow = false;
  bool plain_allow = false;  ///< of all of it, without a condition
  bool deny = false;
  bool plain_deny = false;

  void add(const Voices& other) noexcept;
};

/// With overlaps missing, a deny may be among them, and so may an allow: then nothing is Yes or No.
[[nodiscard]] CellAnswer answer_of(const Voices& voices, bool overlaps_complete) noexcept;

/// What a cell is made of: the rules that fit into it, those that decide most first.
class CellDraft {
 public:
  /// In order of the rules, each once.
  void add(const PolicyRule& rule, RuleIndex index, bool is_unconditional, const RuleSpan& span);

  [[nodiscard]] const Voices& voices() const noexcept { return voices_; }

  /// All but the answer, with at most `most` rules. The draft is used up.
  [[nodiscard]] ReportCell finish(std::uint32_t resource, std::size_t most);

 private:
  struct Ranked {
    unsigned rank = 0;
    CellRule rule;
  };

  std::vector<Ranked> rules_;
  std::size_t count_ = 0;
  std::size_t plain_denials_ = 0;
  Voices voices_;
};

}  // namespace sallyport
