#include "server/record/decision_record.hpp"

#include "common/ipc/message.hpp"
#include "tests/unit/server/policy/random_policy.hpp"
#include "tests/unit/server/record/records.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using namespace test;

std::string line_of(const DecisionRecord& record) {
  auto line = to_line(to_json(record));
  line.pop_back();
  return line;
}

TEST(DecisionRecord, NamesTheRuleItsPlaceAndAllEvidence) {
  const auto json = to_json(judged(policy_of(kFreezePolicy), ana(), web(), morning()));
  EXPECT_EQ(json.at("event"), "refused");
  EXPECT_EQ(json.at("user"), "ana@example.com");
  EXPECT_EQ(json.at("to"), "10.20.4.10:443/tcp");
  EXPECT_EQ(json.at("rule").at("name"), "freeze");
  EXPECT_EQ(json.at("rule").at("file"), "policy.toml");
  EXPECT_EQ(json.at("rule").at("line"), 8);
  EXPECT_EQ(json.at("code"), "K7Q2-9XPD");
  EXPECT_EQ(json.at("evidence").at("key_proved"), "2026-11-20T08:00:00Z");
  EXPECT_EQ(json.at("evidence").at("user_proved"), nullptr);
  EXPECT_EQ(json.at("evidence").at("posture"), nullptr);
  EXPECT_EQ(json.at("valid_until"), "2027-01-01T00:00:00Z");
}

TEST(DecisionRecord, IsReadAsItWasWrittenWhateverWasJudged) {
  const auto seed = random_seed();
  SCOPED_TRACE(seed);
  RandomPolicy random{seed};
  for (int round = 0; round < 200; ++round) {
    auto compiled = Policy::compile(random.document());
    ASSERT_TRUE(compiled) << to_string(compiled.error());
    for (int i = 0; i < 20; ++i) {
      const auto line = line_of(judged(*compiled, random.evidence(), random.destination(), random.time()));
      const auto read = parse_decision_record(line);
      ASSERT_TRUE(read) << read.error() << '\n' << line;
      EXPECT_EQ(line_of(*read), line);
    }
  }
}

TEST(DecisionRecord, SaysWhichMemberIsDamagedInAnyLineCutOrChanged) {
  const auto line = line_of(judged(policy_of(kFreezePolicy), ana(), web(), morning()));
  for (std::size_t size = 0; size < line.size(); ++size) EXPECT_FALSE(parse_decision_record(line.substr(0, size)));
  const auto whole = nlohmann::json::parse(line);
  for (const auto& [key, value] : whole.items()) {
    auto changed = whole;
    changed[key] = nlohmann::json::array({true});
    const auto read = parse_decision_record(changed.dump());
    ASSERT_FALSE(read) << key;
    EXPECT_NE(read.error().find('"'), std::string::npos) << read.error();
  }
}

TEST(DecisionRecord, EscapesWhatALaptopSaysOfItself) {
  auto evidence = ana();
  evidence.posture.report =
      PostureReport{.os = "deb\nian\x1b[31m\xff", .os_version = "12", .kernel_version = "", .facts = {}};
  evidence.posture.reported = morning();
  const auto line = line_of(judged(policy_of(kWebPolicy), evidence, web(), morning()));
  for (const char c : line) ASSERT_TRUE(c >= ' ' && c <= '~');
}

TEST(DecisionRecord, NamesAtTheEndOfAFlowWhatLetItIn) {
  DecisionEvent event;
  event.kind = DecisionKind::Ended;
  event.destination = web();
  event.policy = policy_of(kFreezePolicy);
  event.evidence = std::make_shared<const Evidence>(ana());
  const auto older = policy_of(kWebPolicy);
  event.origin = std::make_shared<const FlowOrigin>(
      FlowOrigin{RuleReference{RuleKind::Allow, "web", "policy.toml", 5}, older->hash()});
  const auto record = record_of(SessionId{7}, event);
  EXPECT_EQ(record.policy, older->hash());
  ASSERT_TRUE(record.rule);
  EXPECT_EQ(record.rule->name, "web");
}

}  // namespace
}  // namespace sallyport
