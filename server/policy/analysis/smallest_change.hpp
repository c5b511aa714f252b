#pragma once

#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/policy.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// One thing that would have to be otherwise.
struct EvidenceChange {
  std::string key;   ///< "group", "device", "from", "at", "posture", "proof", "key", "revocation", "certificate"
  std::string from;  ///< as it is, in words
  std::string to;    ///< as it would have to be, in words

  friend bool operator==(const EvidenceChange&, const EvidenceChange&) = default;
};

inline constexpr std::size_t kMaxChanges = 3;

/// The fewest changes of evidence or time, at most kMaxChanges, that turn the answer for `destination`; of equally few
/// those that come first in this order: time, freshness, posture, source, device, group. Nullopt: none do, as far as
/// was looked, so that the policy itself would have to change. Costs a fraction of a second at most.
[[nodiscard]] std::optional<std::vector<EvidenceChange>> smallest_change(const Policy& policy, const Evidence& evidence,
                                                                         const Destination& destination, WallTime now);

/// [{"key", "from", "to"}], or null.
[[nodiscard]] nlohmann::json to_json(const std::optional<std::vector<EvidenceChange>>& changes);

}  // namespace sallyport
