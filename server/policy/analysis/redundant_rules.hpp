#pragma once

#include "server/policy/analysis/condition_space.hpp"
#include "server/policy/analysis/person_classes.hpp"

#include <cstdint>
#include <vector>

namespace sallyport {

/// A rule that adds nothing to others.
struct RedundantRule {
  std::uint32_t rule = 0;
  std::vector<std::uint32_t> wider;  ///< that say all of it together; none of them can be left out. Never empty
};

struct RedundantRules {
  std::vector<RedundantRule> rules;
  bool complete = true;  ///< false: some rules were not compared with all others
};

/// The enforced rules of which other enforced rules of their kind say all: of everybody and every destination, and
/// whenever they match. All that are named can be removed at once; of rules that say the same the first is kept.
/// `space` is of this policy alone; `can_match` is of each rule. Very large policies are looked at in part.
[[nodiscard]] RedundantRules find_redundant(const ResolvedPolicy& policy, ConditionSpace& space,
                                            const std::vector<PersonClass>& classes,
                                            const std::vector<bool>& can_match);

}  // namespace sallyport
