#include "server/record/flow_replay.hpp"

#include "common/ipc/message.hpp"
#include "tests/unit/server/policy/random_policy.hpp"
#include "tests/unit/server/record/records.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::minutes;

/// The end of a flow that lived from morning() on, as it is read again from the file.
DecisionRecord ended(const Evidence& evidence, std::chrono::seconds lived) {
  auto record = judged(policy_of(kWebPolicy), evidence, web(), morning());
  record.kind = DecisionKind::Ended;
  record.since = morning();
  record.time = morning() + lived;
  record.end = name_of(FlowEnd::Silent);
  auto line = to_line(to_json(record));
  line.pop_back();
  return parse_decision_record(line).value();
}

std::string with(const std::string& more) { return std::string{kWebPolicy} + more; }

TEST(FlowReplay, SaysWhenAFlowWouldHaveBeenCut) {
  const auto until = policy_of(with("until = 2026-11-20T09:00:00Z\n"));
  FlowReplay replay{until};
  replay.add(ended(ana(), hours{3}));
  replay.add(ended(ana(), hours{2}));
  replay.add(ended(ana(), minutes{30}));
  EXPECT_EQ(replay.followed(), 3U);
  EXPECT_EQ(replay.cut(), 2U);
  ASSERT_EQ(replay.groups().size(), 1U);
  EXPECT_EQ(to_text(replay.groups()[0]),
            "2 flows of ana@example.com to 10.20.4.10:443/tcp would have been cut, the first at 2026-11-20T09:00:00Z: "
            "denied, for no rule allows it (it lived from 2026-11-20T08:01:00Z to 2026-11-20T11:01:00Z, allowed by "
            "[allow.web])");
  const auto document = to_json(replay, 9);
  EXPECT_EQ(document["groups"][0]["cut_at"], "2026-11-20T09:00:00Z");
  EXPECT_EQ(document["groups"][0]["rule"]["name"], "web");
  EXPECT_TRUE(document["groups"][0]["cut_by"].is_null());
}

TEST(FlowReplay, NamesTheRuleThatCuts) {
  FlowReplay replay{
      policy_of(with("[hours]\nnight = { days = \"fri\", time = \"09:30-10:00\", zone = \"UTC\" }\n"
                     "[deny.night]\nwho = \"everyone\"\nto = \"web\"\nduring = \"night\"\n"))};
  replay.add(ended(ana(), hours{3}));
  ASSERT_EQ(replay.groups().size(), 1U);
  EXPECT_EQ(to_text(replay.groups()[0]),
            "1 flow of ana@example.com to 10.20.4.10:443/tcp would have been cut at 2026-11-20T09:30:00Z: denied by "
            "[deny.night] (it lived from 2026-11-20T08:01:00Z to 2026-11-20T11:01:00Z, allowed by [allow.web])");
}

TEST(FlowReplay, CallsNoCutWhatMayHaveBeenRenewed) {
  const auto candidate = policy_of(with("key_age = \"5m\"\nproof_age = \"1h\"\n"));
  auto evidence = ana();
  evidence.user_proved = morning() - minutes{10};
  evidence.key_proved = morning() + hours{3} - minutes{1};
  FlowReplay replay{candidate};
  replay.add(ended(evidence, hours{3}));
  ASSERT_EQ(replay.cut(), 1U) << "the person proved nothing anew until the end";
  EXPECT_EQ(replay.groups()[0].cut_at, morning() + minutes{50});
  evidence.user_proved = morning() + hours{2};
  replay.add(ended(evidence, hours{3} - minutes{1}));
  EXPECT_EQ(replay.cut(), 1U) << "the key was proved all the time, as far as is known, and so was the person";
  EXPECT_EQ(replay.followed(), 2U);
}

TEST(FlowReplay, LeavesToTheStartWhatWouldNotHaveBegun) {
  FlowReplay replay{policy_of(kFreezePolicy)};
  replay.add(ended(ana(), hours{3}));
  EXPECT_EQ(replay.followed(), 1U);
  EXPECT_EQ(replay.cut(), 0U);
  replay.add(judged(policy_of(kWebPolicy), ana(), web(), morning()));
  EXPECT_EQ(replay.followed(), 1U) << "a start is no flow yet";
}

TEST(FlowReplay, StopsAfterManyJudgementsAndSaysSo) {
  auto evidence = ana();
  evidence.key_proved = morning() + hours{9000};
  FlowReplay replay{policy_of(with("key_age = \"1m\"\n"))};
  replay.add(ended(evidence, hours{9000}));
  EXPECT_EQ(replay.unfinished(), 1U);
  EXPECT_EQ(replay.cut(), 0U);
}

TEST(FlowReplay, CutsNothingThatIsAllowedAtEveryMomentAndOnlyWhatIsDeniedThen) {
  const auto seed = random_seed();
  SCOPED_TRACE(seed);
  RandomPolicy random{seed};
  std::size_t cut = 0;
  for (int round = 0; round < 400; ++round) {
    const auto policy = Policy::compile(random.document()).value();
    for (int i = 0; i < 20; ++i) {
      auto evidence = random.evidence();
      const auto to = random.destination();
      const auto since = random.time();
      // Known and fresh: then only the clock cuts.
      evidence.key_proved = evidence.user_proved = evidence.revocation_as_of = evidence.posture.reported =
          since + hours{999};
      auto record = judged(policy, evidence, to, since);
      record.kind = DecisionKind::Ended;
      record.since = since;
      record.time = since + hours{30};
      FlowReplay replay{policy};
      replay.add(record);
      const auto at = [&](WallTime now) {
        auto then = evidence;
        then.key_proved = then.user_proved = then.revocation_as_of = then.posture.reported = now;
        return policy->rights_for(then, now)->judge(to, now).allows();
      };
      if (replay.cut() == 0) {
        for (int minute = 0; at(since) && replay.unfinished() == 0 && minute < 30 * 60; minute += 7)
          ASSERT_TRUE(at(since + minutes{minute})) << minute;
        continue;
      }
      ++cut;
      const auto when = replay.groups()[0].cut_at;
      ASSERT_TRUE(at(since) && !at(when) && at(when - std::chrono::seconds{1}));
    }
  }
  EXPECT_GT(cut, 0U);
}

}  // namespace
}  // namespace sallyport
