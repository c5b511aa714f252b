#include "server/proof/totp_method.hpp"

#include "common/pki/hmac.hpp"
#include "server/proof/recovery_code.hpp"

namespace sallyport {

Result<ProofRecord, ProofResult> TotpMethod::verify(const ProofAttempt& attempt, const ProofRecord& record,
                                                    WallTime now) const {
  if (!record.totp) return fail(ProofResult::NotEnrolled);
  const auto step = find_totp_step(record.totp->secret, attempt.code, record.totp->used, now);
  if (!step) return fail(ProofResult::WrongCode);
  ProofRecord after = record;
  after.totp->used = *step;
  return after;
}

Result<ProofRecord, ProofResult> RecoveryMethod::verify(const ProofAttempt& attempt, const ProofRecord& record,
                                                        WallTime /*now*/) const {
  // Codes without a secret are what an interrupted reset would leave: worth nothing.
  if (!record.totp) return fail(ProofResult::NotEnrolled);
  const auto digest = recovery_digest(record.user, attempt.code);
  if (!digest) return fail(ProofResult::WrongCode);
  ProofRecord after = record;
  const auto spent =
      std::erase_if(after.recovery, [&](const Sha256Digest& kept) { return equal_in_constant_time(kept, *digest); });
  if (spent == 0) return fail(ProofResult::WrongCode);
  return after;
}

}  // namespace sallyport
