#pragma once

#include "server/policy/resolved_policy.hpp"

#include <optional>
#include <string>

namespace sallyport {

/// Whether a group or a rule names this person.
[[nodiscard]] bool is_named(const ResolvedPolicy& policy, const std::string& user);

/// The person who is named and of whose address `user` is likely a misspelling. Short names differ from each other by
/// as little as a slip: of those nothing is said.
[[nodiscard]] std::optional<std::string> likely_meant(const ResolvedPolicy& policy, const std::string& user);

}  // namespace sallyport
