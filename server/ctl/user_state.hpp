#pragma once

#include "server/store/proof_evidence.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace sallyport {

/// So few are worth a warning.
inline constexpr std::size_t kFewRecoveryCodes = 3;

[[nodiscard]] nlohmann::json document_of(const UserProofState& state);
/// "2026-11-21 (2 h 5 min ago), totp on ana-laptop", "never".
[[nodiscard]] std::string last_proof_text(const UserProofState& state, WallTime now);

}  // namespace sallyport
