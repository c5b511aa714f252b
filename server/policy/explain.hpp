#pragma once

#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/policy.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace sallyport {

/// One condition of a rule beside what this session has.
struct ConditionReport {
  std::string key;       ///< as in the file: "who", "to", "from", "until" ...
  std::string required;  ///< what the rule asks for
  std::string actual;    ///< what the session has; "unknown" when the gateway does not know
  bool met = false;
};

/// A rule that speaks about the destination's address.
struct CandidateRule {
  RuleIndex index = kNoRule;
  RuleKind kind = RuleKind::Deny;
  std::string name;
  std::string file;
  std::uint32_t line = 0;
  std::string why;
  std::vector<ConditionReport> conditions;
  bool matches = false;    ///< every condition is met
  bool in_shadow = false;  ///< judged and recorded, not enforced
};

inline constexpr std::size_t kMaxCandidates = 50;

/// A decision with everything an administrator needs to understand it. Not for employees: see employee_reason().
struct Explanation {
  Evidence evidence;
  Destination destination;
  WallTime at;
  Decision decision;
  std::string policy_hash;
  /// The deciding rule first, then other rules that match, then the rest. At most kMaxCandidates.
  std::vector<CandidateRule> candidates;
  std::size_t left_off = 0;

  /// Null when no rule decided.
  [[nodiscard]] const CandidateRule* deciding() const noexcept {
    return decision.rule == kNoRule || candidates.empty() ? nullptr : &candidates.front();
  }
};

[[nodiscard]] Explanation explain(const Policy& policy, const Evidence& evidence, const Destination& destination,
                                  WallTime now);

/// {"v":1, "verdict":"allow"|"deny", "rule":NAME|null, "reason":name_of(DecisionReason), "words",
///  "valid_until":RFC 3339|null (time alone changes nothing), "file", "line", "why", "conditions", "policy",
///  "as", "device", "from", "to", "at", "candidates", "left_off"}
[[nodiscard]] nlohmann::json to_json(const Explanation& explanation);

/// Several lines for a terminal, each ended.
[[nodiscard]] std::string to_text(const Explanation& explanation);

}  // namespace sallyport
