#pragma once

#include "tests/unit/model/policy_plan.hpp"
#include "tests/unit/model/reference.hpp"
#include "tests/unit/model/step.hpp"
#include "tests/unit/model/system.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::model {

/// How the reference and the real system came to differ.
struct Failure {
  std::size_t step = 0;  ///< after which it showed
  std::string words;
  std::vector<std::string> story{};  ///< what each step up to then did
};

/// What a run saw: a run that sees nothing proves nothing.
struct Tally {
  std::array<std::uint64_t, kKinds> done{};  ///< transitions that had an effect, by kind
  std::uint64_t probes = 0;
  std::uint64_t passed = 0;
  std::uint64_t admitted = 0;
  std::uint64_t refused = 0;
  std::uint64_t attested = 0;
  std::uint64_t forged = 0;  ///< forged, replayed, foreign or late answers that were sent
  std::uint64_t proved = 0;
  std::map<std::string, std::uint64_t> refusals{};
};

struct Circumstances {
  const Pki& pki;
  const std::vector<PolicyPlan>& policies;
};

/// Plays a sequence to both from the same beginning. Nullopt: they agreed after every step.
[[nodiscard]] std::optional<Failure> play(const Circumstances& circumstances, const std::vector<Step>& steps,
                                          Tally& tally);

/// The same failure with as few steps as dropping some leaves. `failing` fails.
[[nodiscard]] std::vector<Step> shrink(const Circumstances& circumstances, std::vector<Step> failing);

}  // namespace sallyport::model
