#include "server/proof/judge_proof.hpp"

#include "server/proof/totp_method.hpp"

#include <algorithm>

namespace sallyport {
namespace {

ProofJudgement failed(const ProofRecord& record, WallTime now) {
  ProofJudgement judgement{{.result = ProofResult::WrongCode}, record};
  judgement.record.failures = record.failures.with_one_more(now);
  judgement.outcome.tries_left = judgement.record.failures.tries_left();
  judgement.outcome.wait = judgement.record.failures.wait(now);
  return judgement;
}

}  // namespace

ProofMethods embedded_proof_methods() {
  ProofMethods methods;
  methods.push_back(std::make_unique<const TotpMethod>());
  methods.push_back(std::make_unique<const RecoveryMethod>());
  return methods;
}

ProofJudgement judge_proof(const ProofMethods& methods, const ProofAttempt& attempt, const ProofRecord& record,
                           WallTime now) {
  ProofJudgement judgement{{}, record};
  judgement.record.failures = record.failures.as_of(now);
  if (const auto wait = record.failures.wait(now); wait.count() != 0) {
    judgement.outcome = {.result = ProofResult::Wait, .wait = wait};
    return judgement;
  }
  const auto method =
      std::find_if(methods.begin(), methods.end(), [&](const auto& each) { return each->name() == attempt.method; });
  if (method == methods.end()) {
    judgement.outcome.result = ProofResult::UnknownMethod;
    return judgement;
  }
  auto verified = (*method)->verify(attempt, record, now);
  if (!verified && verified.error() == ProofResult::WrongCode) return failed(record, now);
  if (!verified) {
    judgement.outcome.result = verified.error() == ProofResult::Accepted ? ProofResult::Unavailable : verified.error();
    return judgement;
  }
  judgement = {{.result = ProofResult::Accepted}, std::move(*verified)};
  judgement.record.failures = {};
  return judgement;
}

}  // namespace sallyport
