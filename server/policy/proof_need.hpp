#pragma once

#include "server/policy/evidence.hpp"
#include "server/policy/policy.hpp"
#include "server/policy/rights.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// Whether an allow rule in reach of this session, in force or in shadow, names `proof_age`: otherwise a proof would
/// change nothing and no code is worth asking for. `rights` are of this policy.
[[nodiscard]] bool asks_for_proof(const Policy& policy, const Rights& rights);

/// The names of the resources of which something is refused now and would be allowed if the person proved presence this
/// moment; sorted, each once. What else is missing is not made up for, and deny rules speak: a name that is listed
/// opens. Looked for at the edges of what the resource's prefixes, the reachable ranges and the services in between
/// have: a resource that deny rules leave open in its middle alone may be missed, and of thousands of resources some
/// are. `evidence` is what `rights` were made of.
[[nodiscard]] std::vector<std::string> waits_for_proof(const Policy& policy, const Rights& rights,
                                                       const Evidence& evidence, WallTime now);

/// How long a proof of `proved` keeps open all that it opened; kNever when nothing asks for one.
[[nodiscard]] WallTime proof_holds_until(const Policy& policy, const Rights& rights, WallTime proved);

}  // namespace sallyport
