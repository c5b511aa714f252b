#pragma once

#include "server/proof/proof_judgement.hpp"
#include "server/proof/proof_method.hpp"

#include <memory>
#include <vector>

namespace sallyport {

using ProofMethods = std::vector<std::unique_ptr<const ProofMethod>>;
/// TOTP and recovery codes.
[[nodiscard]] ProofMethods embedded_proof_methods();

/// Judges one code: not at all while the device has to wait, and a wrong one counts as a failure. Pure.
[[nodiscard]] ProofJudgement judge_proof(const ProofMethods& methods, const ProofAttempt& attempt,
                                         const ProofRecord& record, WallTime now);

}  // namespace sallyport
