#pragma once

#include "common/base/time.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/truth.hpp"

namespace sallyport {

/// Whether a guard is met, and the second from which that may be otherwise: never later than it is, and exact unless
/// its hours keep changing without an effect.
struct GuardState {
  bool met = false;
  WallTime until = WallTime::min();

  friend bool operator==(const GuardState&, const GuardState&) = default;
};

/// The answer to one condition and the second from which it may be otherwise.
struct TimedTruth {
  Truth truth = Truth::Unknown;
  WallTime until = kNever;
};

/// Judges evidence that is good for `limit` since it was learned. What is too old, or dated in the future, is unknown.
[[nodiscard]] TimedTruth judge_age(std::optional<WallTime> learned, std::chrono::seconds limit, WallTime now);
[[nodiscard]] TimedTruth judge_posture(const PolicyPosture& posture, const Evidence& evidence, WallTime now);
[[nodiscard]] TimedTruth judge_hours(const PolicyHours& hours, const Evidence& evidence, WallTime now);

/// What a rule asks of time and of dated evidence, each condition by itself: Yes and kNever when it does not ask.
/// Indices are those of `policy`.
class GuardJudge {
 public:
  GuardJudge(const ResolvedPolicy& policy, const Evidence& evidence) noexcept : policy_{policy}, evidence_{evidence} {}

  [[nodiscard]] TimedTruth posture(const Guard& guard, WallTime now) const;  ///< any of the checks
  [[nodiscard]] TimedTruth during(const Guard& guard, WallTime now) const;   ///< any of the hours
  [[nodiscard]] TimedTruth outside(const Guard& guard, WallTime now) const;  ///< of all of the hours
  [[nodiscard]] TimedTruth key_age(const Guard& guard, WallTime now) const;
  [[nodiscard]] TimedTruth proof_age(const Guard& guard, WallTime now) const;
  [[nodiscard]] TimedTruth revocation_age(const Guard& guard, WallTime now) const;

  [[nodiscard]] GuardState state(const Guard& guard, WallTime now) const;

 private:
  [[nodiscard]] TimedTruth all(const Guard& guard, WallTime now) const;

  const ResolvedPolicy& policy_;
  const Evidence& evidence_;
};

}  // namespace sallyport
