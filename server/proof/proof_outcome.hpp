#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// What a code came to. The names are stable: the wire and audit records carry them.
enum class ProofResult : std::uint8_t {
  Accepted,
  WrongCode,
  Wait,
  NotEnrolled,
  NotAsked,
  UnknownMethod,
  Busy,
  Unavailable,
};
[[nodiscard]] std::string_view name_of(ProofResult result) noexcept;

struct ProofOutcome {
  ProofResult result = ProofResult::Unavailable;
  std::uint32_t tries_left = 0;  ///< of WrongCode
  std::chrono::seconds wait{};   ///< of Wait, and of WrongCode when no try is left
  friend bool operator==(const ProofOutcome&, const ProofOutcome&) = default;
};

/// A sentence for the employee: what, and what to do. Never the code.
[[nodiscard]] std::string words_for(const ProofOutcome& outcome);

}  // namespace sallyport
