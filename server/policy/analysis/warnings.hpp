#pragma once

#include "server/policy/analysis/warning.hpp"
#include "server/policy/policy.hpp"
#include "server/policy/self_test.hpp"

namespace sallyport {

/// Everything that is likely not meant in a policy that loads, in order of file and line, at most
/// kMaxPolicyErrors. A warning is proved from the policy; what cannot be proved is not said.
[[nodiscard]] PolicyWarnings find_warnings(const Policy& policy, const std::vector<ExpectationResult>& results,
                                           WallTime now);

/// Rules that never match, that a deny overrules wholly, whose ages do nothing, or that are in shadow.
void append_rule_warnings(const Policy& policy, WallTime now, PolicyWarnings& out);
/// Resources that share destinations.
void append_resource_warnings(const Policy& policy, PolicyWarnings& out);
/// Expectations that test nothing, and rules that none of them tests. Rules in `out` already are left alone.
void append_test_warnings(const Policy& policy, const std::vector<ExpectationResult>& results, PolicyWarnings& out);

/// "[allow.NAME]"
[[nodiscard]] std::string rule_name(const PolicyRule& rule);

}  // namespace sallyport
