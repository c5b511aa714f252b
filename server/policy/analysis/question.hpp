#pragma once

#include "common/base/result.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/policy.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// Evidence that a question takes for granted, whatever is known.
struct Assumptions {
  std::optional<std::vector<std::string>> posture;  ///< the checks that the device satisfies; it fails all others
  std::optional<std::chrono::seconds> proof;        ///< how long ago
  std::optional<std::chrono::seconds> key;
  std::optional<std::chrono::seconds> revocation;
};

struct QuestionError {
  std::string message;
  std::string hint;
};

/// {"posture":[NAME], "proof":SECONDS, "key":SECONDS, "revocation":SECONDS}, each left out when it is unset.
void write_assumptions(const Assumptions& assumptions, nlohmann::json& request);
[[nodiscard]] Result<Assumptions, QuestionError> read_assumptions(const nlohmann::json& request);

/// Explains whether `evidence` with `assumptions` reaches `to` (see expand_target()): to_json(Explanation) of the first
/// destination that `to` stands for and is not allowed, or of the first, with
///   "change"        the smallest change that would turn the answer, or null
///   "notes"         what whoever asks may have overlooked: that nothing names the person
///   "destinations"  [{"to", "verdict", "rule"}] when `to` stands for several
///   "assumed"       the assumptions
[[nodiscard]] Result<nlohmann::json, QuestionError> answer_question(const Policy& policy, Evidence evidence,
                                                                    const Assumptions& assumptions,
                                                                    const std::string& to, WallTime at);

}  // namespace sallyport
