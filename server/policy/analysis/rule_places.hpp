#pragma once

#include "server/policy/destination.hpp"
#include "server/policy/resolved_policy.hpp"

namespace sallyport {

/// Whether the rule speaks about this destination.
[[nodiscard]] bool leads_to(const ResolvedPolicy& policy, const ResolvedRule& rule, const Destination& destination);

}  // namespace sallyport
