#include "server/gateway/proof_desk.hpp"

namespace sallyport {

ProofOutcome ProofDesk::judge(Store& store, const ProofClaim& claim, const ProofAttempt& attempt, WallTime now,
                              const std::function<bool()>& may_accept) const {
  const auto outcome = store.judge_proof(claim, [&](const ProofRecord& record) {
    auto judgement = judge_proof(methods_, attempt, record, now);
    if (judgement.outcome.result == ProofResult::Accepted && !may_accept()) judgement = {{}, record};
    return judgement;
  });
  return outcome ? *outcome : ProofOutcome{};
}

bool is_to_be_recorded(ProofResult result, DeviceBudgets& budgets, TimePoint now) noexcept {
  return result == ProofResult::Accepted || result == ProofResult::WrongCode || budgets.questions.take(now);
}

}  // namespace sallyport
