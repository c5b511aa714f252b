#pragma once

#include "server/gateway/policy_versions.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// {"version":7, "time", "hash", "digest", "how":"apply", "by", "restores":NUMBER|null}
[[nodiscard]] nlohmann::json version_document(const PolicyVersion& version);

/// {"sessions":COUNT, "sessions_cut", "flows_cut", "cut":[{"session", "user", "device", "flows", "flows_cut"}],
///  "left_off"}
[[nodiscard]] nlohmann::json impact_document(const PolicyImpact& impact);

/// Null, or {"version", "previous", "until", "seconds_left"}.
[[nodiscard]] nlohmann::json trial_document(const PolicyVersions& policies);

/// The answer to a change: version_document() and "v", "ok", "new", "impact", "pending".
[[nodiscard]] nlohmann::json change_document(const PolicyChange& change, const PolicyVersions& policies);

/// {"v":1, "ok":false, "error", "hint", "reason", "diagnostics", "impact"}
/// {"refused": {"busy": 0, ...}, "not_reloaded": {"held": 0, ...}}
[[nodiscard]] nlohmann::json counts_document(const PolicyCounts& counts);
[[nodiscard]] nlohmann::json refusal_document(const PolicyRefusal& refusal);

}  // namespace sallyport
