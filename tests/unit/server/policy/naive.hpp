#pragma once

#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/document.hpp"
#include "server/policy/evidence.hpp"

namespace sallyport {

/// The language description as a plain walk over the parsed model. Shares no code with the engine: slow, obvious, and
/// the judge of it.
struct NaiveAnswer {
  DecisionReason reason = DecisionReason::NoPolicy;
  bool shadow_turns = false;  ///< with the rules in shadow enforced the verdict would be the other one

  [[nodiscard]] bool allows() const noexcept { return reason == DecisionReason::Allowed; }
  friend bool operator==(const NaiveAnswer&, const NaiveAnswer&) = default;
};

[[nodiscard]] NaiveAnswer naive_judge(const PolicyDocument& document, const Evidence& evidence,
                                      const Destination& destination, WallTime now);

/// Every condition of `rule` is met, enforced or not.
[[nodiscard]] bool naive_matches(const PolicyDocument& document, const PolicyRule& rule, const Evidence& evidence,
                                 const Destination& destination, WallTime now);

}  // namespace sallyport
