#pragma once

#include "server/policy/analysis/condition_space.hpp"
#include "server/policy/analysis/person_classes.hpp"

#include <cstdint>
#include <vector>

namespace sallyport {

/// A rule that adds nothing to another one.
struct RedundantRule {
  std::uint32_t rule = 0;
  std::uint32_t wider = 0;
};

/// The enforced rules of which one other enforced rule of their kind says all: of everybody and every destination, and
/// whenever they match. Of rules that say the same the first is kept. `space` is of this policy alone; `can_match` is
/// of each rule. Very large policies are looked at in part.
[[nodiscard]] std::vector<RedundantRule> find_redundant(const ResolvedPolicy& policy, ConditionSpace& space,
                                                        const std::vector<PersonClass>& classes,
                                                        const std::vector<bool>& can_match);

}  // namespace sallyport
