#include "client/posture/nft_chains.hpp"

namespace sallyport {
namespace {

/// The kernel follows 16 jumps (NFT_JUMP_STACK_SIZE).
constexpr int kMaxJumps = 16;
constexpr std::size_t kMaxSteps = 65'536;

}  // namespace

bool NftChains::closes(const NftChainName& name, bool policy_drops, std::size_t& steps) const {
  const auto outcome = follow(name, 0, steps);
  return !outcome.opens && (!outcome.falls || policy_drops);
}

NftChains::Outcome NftChains::follow(const NftChainName& name, int depth, std::size_t& steps) const {
  const auto chain = chains_.find(name);
  if (chain == chains_.end() || depth > kMaxJumps) return {.opens = true};
  Outcome outcome;
  for (const auto& step : chain->second) {
    if (++steps > kMaxSteps) return {.opens = true};
    const bool follows = step.kind == NftStep::Kind::Jump || step.kind == NftStep::Kind::Goto;
    if (step.kind == NftStep::Kind::Accept) return {.opens = true};
    if (step.kind == NftStep::Kind::Stop) return outcome;
    if (step.kind == NftStep::Kind::Return) return {.falls = true};
    // Of a base chain, that is to its policy: let in under a condition, on purpose.
    if (step.kind == NftStep::Kind::MayLeave) outcome.falls |= depth > 0;
    if (!follows) continue;
    const auto there = follow({std::get<0>(name), std::get<1>(name), step.target}, depth + 1, steps);
    if (there.opens) return there;
    if (step.kind == NftStep::Kind::Goto) return {.falls = outcome.falls || there.falls};
    if (!there.falls) return outcome;
  }
  return {.falls = true};
}

}  // namespace sallyport
