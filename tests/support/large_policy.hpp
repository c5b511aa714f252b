#pragma once

#include "server/policy/document.hpp"
#include "server/policy/evidence.hpp"

#include <cstdint>

namespace sallyport::test {

/// What the bars of the policy engine are stated for.
struct LargePolicyShape {
  unsigned rules = 10'000;
  unsigned prefixes = 100'000;  ///< at least as many as rules
  unsigned teams = 1;           ///< rule number i speaks of team i % teams
  unsigned people = 1;          ///< person number i is in team i % teams
};

/// A policy as large organisations have it: hosts and nested networks of both families, denies among allows, and hours,
/// posture, ages and dates in some rules. The same shape gives the same policy.
[[nodiscard]] PolicyDocument large_policy(const LargePolicyShape& shape);

/// A person of whom all is known, so that every guard of large_policy() counts.
[[nodiscard]] Evidence known_person(unsigned number, WallTime now);

}  // namespace sallyport::test
