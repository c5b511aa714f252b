#pragma once

#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/document.hpp"
#include "server/policy/evidence.hpp"

namespace sallyport {

/// The language description as a plain walk over the parsed model. Shares no code with the engine: slow, obvious, and
/// the judge of it. Of several rules that decide alike, the one that lasts longest is named, then the first by name.
struct NaiveAnswer {
  DecisionReason reason = DecisionReason::NoPolicy;
  const PolicyRule* rule = nullptr;

  friend bool operator==(const NaiveAnswer&, const NaiveAnswer&) = default;
};

[[nodiscard]] NaiveAnswer naive_judge(const PolicyDocument& document, const Evidence& evidence,
                                      const Destination& destination, WallTime now);

/// The first time after `now` at which naive_judge() answers otherwise, found by asking at every date in the policy.
[[nodiscard]] WallTime naive_valid_until(const PolicyDocument& document, const Evidence& evidence,
                                         const Destination& destination, WallTime now);

}  // namespace sallyport
