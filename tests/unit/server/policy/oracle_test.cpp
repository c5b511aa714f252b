#include "server/policy/policy.hpp"
#include "tests/unit/server/policy/naive.hpp"
#include "tests/unit/server/policy/printer.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace sallyport {
namespace {

std::string when(const std::optional<WallTime>& time) { return time ? format_utc(*time) : "unknown"; }

std::string words_of(const PolicyDocument& document, const Evidence& evidence, const Destination& destination,
                     WallTime now) {
  return "as " + evidence.user.text() + " device " + evidence.device.text() + " from " + evidence.source.to_string() +
         " expires " + format_utc(evidence.certificate_expires) + " key " + when(evidence.key_proved) + " proof " +
         when(evidence.user_proved) + " revocation " + when(evidence.revocation_as_of) + " report " +
         (evidence.posture.report ? format_utc(evidence.posture.reported) : "none") + " to " + to_string(destination) +
         " at " + format_utc(now) + "\n" + print_policy(document);
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

/// Whether engine and reference agree on verdict, reason, rules and, when asked, the exact end of the answer.
bool agree(const Policy& policy, const Rights& rights, const PolicyDocument& document, const Evidence& evidence,
           const Destination& destination, WallTime now, bool with_validity) {
  const auto decision = rights.judge(destination, now);
  return same_answer(decision, naive_judge(document, evidence, destination, now)) &&
         names_good_rules(policy, document, evidence, destination, decision, now) &&
         (!with_validity || ends_exactly(policy, document, evidence, destination, decision, now));
}

TEST(PolicyOracle, AgreesWithTheNaiveReferenceOnMillionsOfRandomTriples) {
  constexpr std::size_t kTriples = 3'000'000;
  const auto seed = random_seed();
  std::cout << "SALLYPORT_TEST_SEED=" << seed << std::endl;
  RandomPolicy random{seed};
  std::size_t asked = 0;
  std::size_t allowed = 0;
  while (asked < kTriples) {
    const auto document = random.document();
    const auto policy = Policy::compile(document);
    ASSERT_TRUE(policy.has_value()) << to_string(policy.error()) << print_policy(document);
    for (unsigned session = 0; session < 8; ++session) {
      const auto evidence = random.evidence();
      std::shared_ptr<const Rights> rights;
      for (unsigned question = 0; question < 64; ++question, ++asked) {
        const auto destination = random.destination();
        const auto now = random.time();
        // As a session does: the same rights until they no longer answer for the moment.
        if (!rights || !rights->covers(now)) rights = (*policy)->rights_for(evidence, now);
        ASSERT_TRUE(agree(**policy, *rights, document, evidence, destination, now, question % 4 == 0))
            << words_of(document, evidence, destination, now);
        if (rights->judge(destination, now).allows()) ++allowed;
      }
    }
  }
  // A comparison in which nearly everything is denied would show nothing.
  EXPECT_GT(allowed, asked / 50);
  std::cout << asked << " triples, " << allowed << " allowed" << std::endl;
}

}  // namespace
}  // namespace sallyport
