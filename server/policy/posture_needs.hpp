#pragma once

#include "common/wire/posture_standing.hpp"
#include "common/wire/posture_wants.hpp"
#include "server/policy/policy.hpp"

#include <functional>
#include <map>
#include <string>

namespace sallyport {

/// The processes and files that the rules behind `rights` ask for, in force or in shadow, allow or deny: what a laptop
/// is asked about by name. At most kMaxPolicyPostureNames. `rights` are of this policy.
[[nodiscard]] PostureWants posture_wants(const Policy& policy, const Rights& rights);

/// Every check that the rules behind `rights` name, for the administrator.
[[nodiscard]] std::map<std::string, PostureState, std::less<>> posture_verdicts(const Policy& policy,
                                                                                const Rights& rights,
                                                                                const Evidence& evidence, WallTime now);

/// What the person at the laptop may know: the checks that enforced allow rules in their reach name, with their lines.
/// Whether a deny rule exists, and what it looks at, is not told; nor is any rule, limit of age or destination.
[[nodiscard]] PostureStanding posture_standing(const Policy& policy, const Evidence& evidence, WallTime now);

}  // namespace sallyport
