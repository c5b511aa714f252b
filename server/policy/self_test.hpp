#pragma once

#include "common/base/diagnostic.hpp"
#include "server/policy/policy.hpp"

namespace sallyport {

/// Runs the tests inside the policy's own files; one diagnostic for each expectation that does not hold.
[[nodiscard]] Diagnostics run_policy_tests(const Policy& policy);

}  // namespace sallyport
