#include "tests/unit/server/policy/oracle.hpp"

#include "tests/unit/server/policy/naive.hpp"
#include "tests/unit/server/policy/printer.hpp"

#include <algorithm>

namespace sallyport {
namespace {

std::string when(const std::optional<WallTime>& time) { return time ? format_utc(*time) : "unknown"; }

std::string words_of(const PostureEvidence& posture) {
  std::string text;
  if (posture.satisfied) {
    text = " satisfies";
    for (const auto& name : *posture.satisfied) text += ' ' + name;
  }
  if (!posture.report) return text;
  text += " reported " + format_utc(posture.reported);
  const auto& report = *posture.report;
  for (const auto* answers : {&report.facts, &report.processes, &report.files}) {
    for (const auto& [name, value] : *answers) text += ' ' + name + (value ? "=true" : "=false");
  }
  return text;
}

/// The universe of random times is twelve seconds long.
constexpr std::chrono::seconds kHorizon{16};

bool same_answer(const Decision& decision, const NaiveAnswer& expected) {
  return decision.reason == expected.reason && decision.allows() == expected.allows() &&
         (decision.shadow != kNoRule) == expected.shadow_turns;
}

/// The deciding rule is one that decides, and so is the one in shadow.
bool names_good_rules(const Policy& policy, const PolicyDocument& document, const Evidence& evidence,
                      const Destination& destination, const Decision& decision, WallTime now) {
  const auto* rule = policy.rule(decision.rule);
  const bool by_rule = decision.reason == DecisionReason::Allowed || decision.reason == DecisionReason::DeniedByRule;
  if ((rule != nullptr) != by_rule) return false;
  if (rule != nullptr) {
    const auto kind = decision.allows() ? RuleKind::Allow : RuleKind::Deny;
    if (rule->kind != kind || rule->rollout != Rollout::Enforce) return false;
    if (!naive_matches(document, *rule, evidence, destination, now)) return false;
  }
  const auto* shadow = policy.rule(decision.shadow);
  if (shadow == nullptr) return true;
  return shadow->rollout == Rollout::Shadow && naive_matches(document, *shadow, evidence, destination, now);
}

/// Nothing changes before `valid_until`, and something does then: the answer, or the rule no longer gives it.
bool ends_exactly(const Policy& policy, const PolicyDocument& document, const Evidence& evidence,
                  const Destination& destination, const Decision& decision, WallTime now) {
  const auto answer_at = [&](WallTime time) { return naive_judge(document, evidence, destination, time).reason; };
  for (WallTime time = now; time < std::min(decision.valid_until, now + kHorizon); time += std::chrono::seconds{1}) {
    if (answer_at(time) != decision.reason) return false;
  }
  if (decision.valid_until >= now + kHorizon) return true;
  if (answer_at(decision.valid_until) != decision.reason) return true;
  const auto* rule = policy.rule(decision.rule);
  return rule != nullptr && !naive_matches(document, *rule, evidence, destination, decision.valid_until);
}

}  // namespace

std::string words_of(const PolicyDocument& document, const Evidence& evidence, const Destination& destination,
                     WallTime now) {
  return "as " + evidence.user.text() + " device " + evidence.device.text() + " from " + evidence.source.to_string() +
         " expires " + format_utc(evidence.certificate_expires) + " key " + when(evidence.key_proved) + " proof " +
         when(evidence.user_proved) + " revocation " + when(evidence.revocation_as_of) + words_of(evidence.posture) +
         (evidence.hours_known ? "" : " hours unknown") + " to " + to_string(destination) + " at " + format_utc(now) +
         "\n" + print_policy(document);
}

bool is_right(const Decision& decision, const Policy& policy, const PolicyDocument& document, const Evidence& evidence,
              const Destination& destination, WallTime now, bool with_validity) {
  return same_answer(decision, naive_judge(document, evidence, destination, now)) &&
         names_good_rules(policy, document, evidence, destination, decision, now) &&
         (!with_validity || ends_exactly(policy, document, evidence, destination, decision, now));
}

}  // namespace sallyport
