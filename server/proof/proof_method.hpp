#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/wire/proof.hpp"
#include "server/proof/proof_outcome.hpp"
#include "server/proof/proof_record.hpp"

#include <string_view>

namespace sallyport {

/// One way in which a person shows that they are there. TOTP and recovery codes are two; OIDC will be a third.
///
/// A method is pure: it looks at what was typed, at what the store keeps of the person, and at the time, and gives back
/// the record as it stands after the acceptance (a step used, a code spent), or why there is none. Everything else is
/// done once, around all methods: tries and delays (judge_proof), writing the record and the dated evidence in one
/// transaction (Store::judge_proof), binding to device, channel and challenge (attestation), the session's rights.
///
/// A method that needs an answer from elsewhere, as OIDC does from its provider, fetches it before the judging starts:
/// the attempt then carries what was fetched, the record the provider's keys, and verify() stays a comparison.
class ProofMethod {
 public:
  virtual ~ProofMethod() = default;
  /// As ProofAttempt::method and audit records name it.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  /// Errors: NotEnrolled, WrongCode, Unavailable.
  [[nodiscard]] virtual Result<ProofRecord, ProofResult> verify(const ProofAttempt& attempt, const ProofRecord& record,
                                                                WallTime now) const = 0;
};

}  // namespace sallyport
