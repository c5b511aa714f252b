#include "server/policy/employee_reason.hpp"

#include "server/policy/guard.hpp"
#include "server/policy/resolved_policy.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

/// What a person can do something about, the easiest first: of several it is the one that is told.
enum class Lack : std::uint8_t { SignIn, Posture, Hours, DeviceKey };

constexpr std::array<EmployeeReason, 4> kWords{{
    {"sign_in_needed", "You can reach this after a fresh sign-in. Run: sallyport login"},
    {"posture",
     "You can reach this once this device meets your organisation's security requirements. What is missing is "
     "shown by: sallyport posture."},
    {"outside_hours", "You can reach this at other hours."},
    {"device_key_stale",
     "You can reach this once this device has proved itself again. Reconnect if it stays like this."},
}};

/// The one condition of `guard` that is not met, if it is one a person can do something about.
std::optional<Lack> only_lack(const GuardJudge& judge, const Guard& guard, WallTime now) {
  const auto lacks = [](const TimedTruth& answer) { return answer.truth != Truth::Yes; };
  const bool hours = lacks(judge.during(guard, now)) || lacks(judge.outside(guard, now));
  const std::array<std::pair<bool, std::optional<Lack>>, 5> conditions{{
      {lacks(judge.proof_age(guard, now)), Lack::SignIn},
      {lacks(judge.posture(guard, now)), Lack::Posture},
      {hours, Lack::Hours},
      {lacks(judge.key_age(guard, now)), Lack::DeviceKey},
      {lacks(judge.revocation_age(guard, now)), std::nullopt},
  }};
  std::optional<Lack> found;
  std::size_t count = 0;
  for (const auto& [lacking, lack] : conditions) {
    if (!lacking) continue;
    ++count;
    found = lack;
  }
  return count == 1 ? found : std::nullopt;
}

/// Whether a deny rule looks at that very condition, so that it might speak up once the condition is met.
bool asks_about(const Guard& guard, Lack lack) {
  switch (lack) {
    case Lack::SignIn:
      return guard.proof_age.has_value();
    case Lack::Posture:
      return guard.posture.has_value();
    case Lack::Hours:
      return guard.during || guard.outside;
    case Lack::DeviceKey:
      return guard.key_age.has_value();
  }
  return true;
}

}  // namespace

EmployeeReason employee_reason(const Policy& policy, const Rights& rights, const Evidence& evidence,
                               const Destination& destination, const Decision& decision, WallTime now) {
  // A deny rule that matches would still say no.
  if (decision.reason != DecisionReason::NoRule) return employee_reason(decision);
  const auto& resolved = policy.resolved();
  const GuardJudge judge{resolved, evidence};
  const auto guards = rights.table()->guards();
  const auto claims = rights.table()->claims_on(destination);
  const auto may_be_denied = [&](Lack lack) {
    return std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
      return claim.kind == RuleKind::Deny && !claim.in_shadow && now < claim.until &&
             asks_about(resolved.guards[guards[claim.guard]], lack);
    });
  };
  std::optional<Lack> told;
  for (const auto& claim : claims) {
    if (claim.kind != RuleKind::Allow || claim.in_shadow || now >= claim.until) continue;
    const auto lack = only_lack(judge, resolved.guards[guards[claim.guard]], now);
    if (lack && (!told || *lack < *told) && !may_be_denied(*lack)) told = lack;
  }
  return told ? kWords[static_cast<std::size_t>(*told)] : employee_reason(decision);
}

}  // namespace sallyport
