#include "server/record/replay.hpp"

#include "common/ipc/message.hpp"
#include "tests/unit/server/policy/random_policy.hpp"
#include "tests/unit/server/record/records.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using namespace test;

DecisionRecord reread(const DecisionRecord& record) {
  auto line = to_line(to_json(record));
  line.pop_back();
  return parse_decision_record(line).value();
}

TEST(Replay, SaysWhatWouldHaveChangedAndByWhichRule) {
  const auto now = policy_of(kWebPolicy);
  const auto next = policy_of(kFreezePolicy);
  Replay replay{next};
  for (int i = 0; i < 12; ++i) replay.add(reread(judged(now, ana(), web(), morning() + std::chrono::seconds{i})));
  auto bo = ana();
  bo.user = UserId{"bo@example.com"};
  replay.add(reread(judged(now, bo, web(), morning())));
  EXPECT_EQ(replay.judged(), 13U);
  EXPECT_EQ(replay.newly_denied(), 12U);
  ASSERT_EQ(replay.groups().size(), 1U);
  EXPECT_EQ(to_text(replay.groups()[0]),
            "12 decisions of ana@example.com to 10.20.4.10:443/tcp would be denied by [deny.freeze] (were allowed by "
            "[allow.web])");
}

TEST(Replay, SaysWhatWouldBeAllowedThatNoRuleAllowed) {
  Replay replay{policy_of(kWebPolicy)};
  replay.add(reread(judged(Policy::deny_all(), ana(), web(), morning())));
  ASSERT_EQ(replay.groups().size(), 1U);
  EXPECT_EQ(to_text(replay.groups()[0]),
            "1 decision of ana@example.com to 10.20.4.10:443/tcp would be allowed by [allow.web] (was denied, for no "
            "rule allows it)");
}

TEST(Replay, JudgesByTheTimeAndTheAgesOfTheRecord) {
  const std::string dated = std::string{kWebPolicy} + "key_age = \"5m\"\nuntil = 2026-11-20T08:10:00Z\n";
  const auto policy = policy_of(dated);
  Replay replay{policy};
  replay.add(reread(judged(policy_of(kWebPolicy), ana(), web(), morning())));
  EXPECT_EQ(replay.turned(), 0U) << "the key was proved a minute before";
  replay.add(reread(judged(policy_of(kWebPolicy), ana(), web(), morning() + std::chrono::minutes{5})));
  EXPECT_EQ(replay.turned(), 1U);
}

TEST(Replay, ChangesNothingUnderTheSamePolicy) {
  const auto seed = random_seed();
  SCOPED_TRACE(seed);
  RandomPolicy random{seed};
  std::size_t judged_in_all = 0;
  for (int round = 0; round < 300; ++round) {
    auto compiled = Policy::compile(random.document());
    ASSERT_TRUE(compiled) << to_string(compiled.error());
    Replay replay{*compiled};
    for (int i = 0; i < 50; ++i) {
      replay.add(reread(judged(*compiled, random.evidence(), random.destination(), random.time())));
    }
    ASSERT_EQ(replay.turned(), 0U) << to_json(replay, 5).dump(2);
    judged_in_all += replay.judged();
  }
  EXPECT_EQ(judged_in_all, 15'000U);
}

TEST(Replay, CountsWhatDiffersBetweenAnyTwoPoliciesExactly) {
  const auto seed = random_seed();
  SCOPED_TRACE(seed);
  RandomPolicy random{seed};
  std::size_t turned = 0;
  for (int round = 0; round < 200; ++round) {
    auto before = Policy::compile(random.document());
    auto after = Policy::compile(random.document());
    ASSERT_TRUE(before && after);
    Replay replay{*after};
    std::size_t expected = 0;
    for (int i = 0; i < 50; ++i) {
      const auto evidence = random.evidence();
      const auto destination = random.destination();
      const auto now = random.time();
      replay.add(reread(judged(*before, evidence, destination, now)));
      expected +=
          judged(*before, evidence, destination, now).verdict != judged(*after, evidence, destination, now).verdict;
    }
    ASSERT_EQ(replay.turned(), expected);
    std::size_t grouped = 0;
    for (const auto& group : replay.groups()) grouped += group.count;
    ASSERT_EQ(grouped, expected);
    turned += expected;
  }
  EXPECT_GT(turned, 0U);
}

TEST(Replay, LeavesOutTheEndsOfFlows) {
  auto record = judged(policy_of(kWebPolicy), ana(), web(), morning());
  record.kind = DecisionKind::Ended;
  Replay replay{policy_of(kFreezePolicy)};
  replay.add(record);
  EXPECT_EQ(replay.judged(), 0U);
}

}  // namespace
}  // namespace sallyport
