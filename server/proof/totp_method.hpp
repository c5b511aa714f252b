#pragma once

#include "server/proof/proof_method.hpp"

namespace sallyport {

/// "totp": the code that an authenticator app shows.
class TotpMethod final : public ProofMethod {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "totp"; }
  [[nodiscard]] Result<ProofRecord, ProofResult> verify(const ProofAttempt& attempt, const ProofRecord& record,
                                                        WallTime now) const override;
};

/// "recovery": one of the codes that were printed at enrolment.
class RecoveryMethod final : public ProofMethod {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "recovery"; }
  [[nodiscard]] Result<ProofRecord, ProofResult> verify(const ProofAttempt& attempt, const ProofRecord& record,
                                                        WallTime now) const override;
};

}  // namespace sallyport
