#pragma once

#include "common/base/diagnostic.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// What a policy that loads may still have wrong with it.
enum class WarningCode : std::uint8_t {
  NeverMatches,   ///< a rule whose conditions nobody ever meets
  ShadowedAllow,  ///< an allow all of whose connections some deny refuses
  AgeInDeny,      ///< an age in a deny is always met
  Overlap,        ///< two resources share destinations
  Inside,         ///< one resource lies wholly inside another
  IdleTest,       ///< an expectation of a person who is likely misspelt, or that stands twice
  GuardTest,      ///< an expectation that holds because no rule speaks about it
  UntestedRule,   ///< no expectation is decided by the rule
  NoTests,        ///< nothing guards the policy
  UncountedFile,  ///< a file in the policy directory that is no part of the policy
  Redundant,      ///< a rule of which others say all
  RuleInShadow,   ///< judged and recorded, not enforced
  TooIntricate,   ///< some questions were left open
};

/// The stable word for CI and JSON: "never_matches".
[[nodiscard]] std::string_view name_of(WarningCode code) noexcept;

/// A note is worth knowing and no fault.
[[nodiscard]] bool is_note(WarningCode code) noexcept;

struct PolicyWarning {
  WarningCode code{};
  Diagnostic what;

  friend bool operator==(const PolicyWarning&, const PolicyWarning&) = default;
};
using PolicyWarnings = std::vector<PolicyWarning>;

/// "FILE:LINE:COLUMN: warning: MESSAGE [CODE] (HINT)", one per line, each line ended.
[[nodiscard]] std::string to_string(const PolicyWarnings& warnings);
/// [{"level":"warning"|"note", "code", "file", "line", "column", "message", "hint"}]
[[nodiscard]] nlohmann::json to_json(const PolicyWarnings& warnings);

}  // namespace sallyport
