#pragma once

#include "server/proof/judge_proof.hpp"
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

}  // namespace sallyport
