#pragma once

#include "server/policy/analysis/condition_space.hpp"
#include "server/policy/analysis/person_classes.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace sallyport {

struct OverruledRules {
  std::map<std::uint32_t, std::vector<std::uint32_t>> rules;  ///< an allow, and the denies that take part
  bool complete = true;                                       ///< false: some allows were not looked at
};

/// The enforced allow rules that let nobody through, whoever, wherever from and whenever: for each connection that
/// they allow some enforced deny matches. `space` is of this policy alone; `can_match` is of each rule.
[[nodiscard]] OverruledRules find_overruled(const ResolvedPolicy& policy, ConditionSpace& space,
                                            const std::vector<PersonClass>& classes,
                                            const std::vector<bool>& can_match);

}  // namespace sallyport
