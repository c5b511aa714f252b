#pragma once

#include "server/policy/rule_kind.hpp"

#include <cstdint>

namespace sallyport {

/// The answer to one condition of a rule.
enum class Truth : std::uint8_t { No, Yes, Unknown };

[[nodiscard]] constexpr Truth truth_of(bool value) noexcept { return value ? Truth::Yes : Truth::No; }

/// Whether both hold: one that does not settles it.
[[nodiscard]] constexpr Truth both(Truth a, Truth b) noexcept {
  if (a == Truth::No || b == Truth::No) return Truth::No;
  return a == Truth::Unknown || b == Truth::Unknown ? Truth::Unknown : Truth::Yes;
}

/// What is unknown opens nothing and closes everything.
[[nodiscard]] constexpr bool is_met(Truth truth, RuleKind kind) noexcept {
  return truth == Truth::Yes || (truth == Truth::Unknown && kind == RuleKind::Deny);
}

}  // namespace sallyport
