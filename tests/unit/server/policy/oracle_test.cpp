#include "tests/unit/server/policy/oracle.hpp"
#include "server/policy/policy.hpp"
#include "tests/unit/server/policy/printer.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace sallyport {
namespace {

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
    std::vector<std::shared_ptr<const Rights>> earlier;  // held, so that sessions of equal facts share what they made
    for (unsigned session = 0; session < 8; ++session) {
      const auto evidence = random.evidence();
      std::shared_ptr<const Rights> rights;
      for (unsigned question = 0; question < 64; ++question, ++asked) {
        const auto destination = random.destination();
        const auto now = random.time();
        // As a session does: the same rights until they no longer answer for the moment.
        if (!rights || !rights->covers(now)) rights = (*policy)->rights_for(evidence, now);
        const auto decision = rights->judge(destination, now);
        ASSERT_TRUE(is_right(decision, **policy, document, evidence, destination, now, question % 4 == 0))
            << words_of(document, evidence, destination, now);
        if (decision.allows()) ++allowed;
      }
      earlier.push_back(std::move(rights));
    }
  }
  // A comparison in which nearly everything is denied would show nothing.
  EXPECT_GT(allowed, asked / 50);
  std::cout << asked << " triples, " << allowed << " allowed" << std::endl;
}

}  // namespace
}  // namespace sallyport
