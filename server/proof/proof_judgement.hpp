#pragma once

#include "server/proof/proof_outcome.hpp"
#include "server/proof/proof_record.hpp"

namespace sallyport {

/// What a code came to, and the record as it is to be kept.
struct ProofJudgement {
  ProofOutcome outcome;
  ProofRecord record;
};

}  // namespace sallyport
