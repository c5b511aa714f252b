#pragma once

#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/policy.hpp"

namespace sallyport {

/// What the person at the laptop may know about a decision of `policy`, and can do about it themselves.
///
/// A condition is named by its kind alone, and only when an enforced allow rule that already covers this person, this
/// device, this source and this destination lacks exactly that one, while no enforced deny rule speaks against it: the
/// person then reaches the destination as soon as they do what the words say, so that nothing is told about a place
/// they may not reach. Never told: a rule, a name, a time, a network, an address, another person, whether a deny rule
/// exists, or how far away from permitted anything else is.
///
/// Classes: "sign_in_needed", "posture", "outside_hours", "device_key_stale", and those of employee_reason(decision).
/// `evidence` is what `rights` were made of.
[[nodiscard]] EmployeeReason employee_reason(const Policy& policy, const Rights& rights, const Evidence& evidence,
                                             const Destination& destination, const Decision& decision, WallTime now);

}  // namespace sallyport
