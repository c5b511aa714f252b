#include "server/gateway/denial_journal.hpp"

#include "tests/unit/server/record/records.hpp"

namespace sallyport {
namespace {

using namespace test;

Session::Denied denial(std::shared_ptr<const Policy> policy, const std::string& code, WallTime time) {
  const auto evidence = std::make_shared<const Evidence>(ana());
  const auto decision = policy->rights_for(*evidence, time)->judge(web(), time);
  return {web(), DropReason::Forbidden, decision, code, std::move(policy), evidence, time};
}

TEST(DenialJournal, TellsTheMomentOfTheDecisionAndTheRuleWithoutThePolicy) {
  DenialJournal journal;
  {
    auto policy = policy_of(kFreezePolicy);
    journal.add(DenialJournal::entry_of(SessionGrant{}, denial(std::move(policy), "K7Q2-9XPD", morning())));
  }
  const auto* entry = journal.find("K7Q2-9XPD");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->denial.time, morning());
  ASSERT_TRUE(entry->rule);
  EXPECT_EQ(entry->rule->name, "freeze");
  EXPECT_EQ(entry->policy_hash, policy_of(kFreezePolicy)->hash());
  EXPECT_EQ(entry->policy.lock(), nullptr) << "a journal keeps no policy alive";
}

TEST(DenialJournal, FindsTheNewestOfACodeAndNothingForNone) {
  DenialJournal journal;
  const auto policy = policy_of(kFreezePolicy);
  for (int hour = 0; hour < 2; ++hour) {
    for (const auto* code : {"K7Q2-9XPD", ""}) {
      journal.add(DenialJournal::entry_of(SessionGrant{}, denial(policy, code, morning() + std::chrono::hours{hour})));
    }
  }
  EXPECT_EQ(journal.find("K7Q2-9XPD")->denial.time, morning() + std::chrono::hours{1});
  EXPECT_EQ(journal.find(""), nullptr);
  EXPECT_EQ(journal.find("0000-0000"), nullptr);
}

TEST(DenialJournal, ForgetsTheOldest) {
  DenialJournal journal;
  const auto policy = policy_of(kFreezePolicy);
  journal.add(DenialJournal::entry_of(SessionGrant{}, denial(policy, "0000-0000", morning())));
  const auto later = DenialJournal::entry_of(SessionGrant{}, denial(policy, "K7Q2-9XPD", morning()));
  for (int i = 0; i < 4096; ++i) journal.add(later);
  EXPECT_EQ(journal.find("0000-0000"), nullptr);
  EXPECT_NE(journal.find("K7Q2-9XPD"), nullptr);
}

}  // namespace
}  // namespace sallyport
