#include "server/policy/guard.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// How far state() looks for the moment at which a guard turns. Conditions that turn more often than that before they
/// agree are asked again at the last moment looked at.
constexpr int kMaxSteps = 64;

constexpr TimedTruth kHolds{Truth::Yes, kNever};

constexpr Truth either(Truth a, Truth b) noexcept {
  if (a == Truth::Yes || b == Truth::Yes) return Truth::Yes;
  return a == Truth::No && b == Truth::No ? Truth::No : Truth::Unknown;
}
constexpr Truth negated(Truth truth) noexcept {
  if (truth == Truth::Unknown) return Truth::Unknown;
  return truth == Truth::Yes ? Truth::No : Truth::Yes;
}

void join(TimedTruth& all, const TimedTruth& each) {
  all = TimedTruth{both(all.truth, each.truth), std::min(all.until, each.until)};
}

/// Any of the items: No of none.
template <class Judge>
TimedTruth any_of(const std::vector<std::uint32_t>& items, Judge judge) {
  TimedTruth answer{Truth::No, kNever};
  for (const auto item : items) {
    const TimedTruth each = judge(item);
    answer = TimedTruth{either(answer.truth, each.truth), std::min(answer.until, each.until)};
  }
  return answer;
}

WallTime end_of(WallTime learned, std::chrono::seconds limit) {
  return learned < kNever - limit ? learned + limit : kNever;
}

}  // namespace

TimedTruth judge_age(std::optional<WallTime> learned, std::chrono::seconds limit, WallTime now) {
  if (!learned) return {};
  if (now < *learned) return {Truth::Unknown, *learned};
  const WallTime end = end_of(*learned, limit);
  return now < end ? TimedTruth{Truth::Yes, end} : TimedTruth{};
}

TimedTruth judge_posture(const PolicyPosture& posture, const Evidence& evidence, WallTime now) {
  const auto& known = evidence.posture;
  if (known.satisfied) {
    const auto& names = *known.satisfied;
    return {std::find(names.begin(), names.end(), posture.name) != names.end() ? Truth::Yes : Truth::No, kNever};
  }
  if (!known.report) return {};
  const auto fresh = judge_age(known.reported, posture.check.reported_within.value_or(kNever - WallTime{}), now);
  if (fresh.truth != Truth::Yes) return fresh;
  return {evaluate(posture.check, *known.report), fresh.until};
}

TimedTruth judge_hours(const PolicyHours& hours, const Evidence& evidence, WallTime now) {
  if (!evidence.hours_known || !hours.hours.zone) return {};
  const auto state = hours.hours.at(now);
  if (!state.known) return {Truth::Unknown, state.until};
  return {state.open ? Truth::Yes : Truth::No, state.until};
}

TimedTruth GuardJudge::posture(const Guard& guard, WallTime now) const {
  if (!guard.posture) return kHolds;
  return any_of(*guard.posture,
                [&](std::uint32_t i) { return judge_posture(policy_.document.postures[i], evidence_, now); });
}

TimedTruth GuardJudge::during(const Guard& guard, WallTime now) const {
  if (!guard.during) return kHolds;
  return any_of(*guard.during, [&](std::uint32_t i) { return judge_hours(policy_.document.hours[i], evidence_, now); });
}

TimedTruth GuardJudge::outside(const Guard& guard, WallTime now) const {
  if (!guard.outside) return kHolds;
  const auto inside =
      any_of(*guard.outside, [&](std::uint32_t i) { return judge_hours(policy_.document.hours[i], evidence_, now); });
  return {negated(inside.truth), inside.until};
}

TimedTruth GuardJudge::key_age(const Guard& guard, WallTime now) const {
  return guard.key_age ? judge_age(evidence_.key_proved, *guard.key_age, now) : kHolds;
}

TimedTruth GuardJudge::proof_age(const Guard& guard, WallTime now) const {
  return guard.proof_age ? judge_age(evidence_.user_proved, *guard.proof_age, now) : kHolds;
}

TimedTruth GuardJudge::revocation_age(const Guard& guard, WallTime now) const {
  return guard.revocation_age ? judge_age(evidence_.revocation_as_of, *guard.revocation_age, now) : kHolds;
}

TimedTruth GuardJudge::all(const Guard& guard, WallTime now) const {
  TimedTruth answer = kHolds;
  join(answer, posture(guard, now));
  join(answer, during(guard, now));
  join(answer, outside(guard, now));
  join(answer, key_age(guard, now));
  join(answer, proof_age(guard, now));
  join(answer, revocation_age(guard, now));
  return answer;
}

GuardState GuardJudge::state(const Guard& guard, WallTime now) const {
  TimedTruth answer = all(guard, now);
  const bool met = is_met(answer.truth, guard.kind);
  for (int step = 0; step < kMaxSteps && answer.until != kNever; ++step) {
    const WallTime turn = answer.until;
    answer = all(guard, turn);
    if (is_met(answer.truth, guard.kind) != met) return {met, turn};
  }
  return {met, answer.until};
}

}  // namespace sallyport
