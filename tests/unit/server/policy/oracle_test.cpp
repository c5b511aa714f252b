#include "server/policy/policy.hpp"
#include "tests/unit/server/policy/naive.hpp"
#include "tests/unit/server/policy/printer.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace sallyport {
namespace {

std::string words_of(const PolicyDocument& document, const Evidence& evidence, const Destination& destination,
                     WallTime now) {
  return "as " + evidence.user.text() + " device " + evidence.device.text() + " from " + evidence.source.to_string() +
         " expires " + format_utc(evidence.certificate_expires) + " to " + to_string(destination) + " at " +
         format_utc(now) + "\n" + print_policy(document);
}

/// Whether engine and reference agree on verdict, reason, deciding rule and the exact end of the answer.
bool agree(const Policy& policy, const Rights& rights, const PolicyDocument& document, const Evidence& evidence,
           const Destination& destination, WallTime now, bool with_validity) {
  const auto decision = rights.judge(destination, now);
  const auto expected = naive_judge(document, evidence, destination, now);
  if (decision.reason != expected.reason) return false;
  if (decision.allows() != (expected.reason == DecisionReason::Allowed)) return false;
  const auto* rule = policy.rule(decision.rule);
  if ((rule == nullptr) != (expected.rule == nullptr)) return false;
  if (rule != nullptr && (rule->name != expected.rule->name || rule->kind != expected.rule->kind)) return false;
  return !with_validity || decision.valid_until == naive_valid_until(document, evidence, destination, now);
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
      const auto rights = (*policy)->rights_for(evidence);
      for (unsigned question = 0; question < 64; ++question, ++asked) {
        const auto destination = random.destination();
        const auto now = random.time();
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
