#pragma once

#include "server/proof/judge_proof.hpp"
#include "server/session/record_budget.hpp"
#include "server/store/store.hpp"

#include <functional>

namespace sallyport {

/// Judges codes against the store, on the control thread alone: two sessions that offer the same code are judged one
/// after the other, and the second finds it used.
class ProofDesk {
 public:
  ProofDesk() : methods_{embedded_proof_methods()} {}

  /// `may_accept` runs before an acceptance is kept; false takes it back: what cannot be recorded does not count. A
  /// store that fails proves nothing.
  [[nodiscard]] ProofOutcome judge(Store& store, const ProofClaim& claim, const ProofAttempt& attempt, WallTime now,
                                   const std::function<bool()>& may_accept) const;

 private:
  ProofMethods methods_;
};

/// Whether a code that was judged gets a record: always, when it was accepted or wrong, which the growing delay bounds;
/// others as long as the device may have records of questions answered with no.
[[nodiscard]] bool is_to_be_recorded(ProofResult result, DeviceBudgets& budgets, TimePoint now) noexcept;

}  // namespace sallyport
