#include "server/history/policy_store.hpp"
#include "server/record/decision_log.hpp"
#include "server/session/reference_code.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"
#include "tests/unit/server/record/records.hpp"

#include <sys/stat.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;
using namespace test;

Json flows_answer() {
  return {{"v", 1},
          {"ok", true},
          {"left_off", 12},
          {"flows",
           {{{"session", 17},
             {"device", "ana-laptop"},
             {"user", "ana@example.com"},
             {"to", "10.20.4.10:443/tcp"},
             {"client_port", 40000},
             {"state", "tcp_established"},
             {"current", true},
             {"rule", {{"kind", "allow"}, {"name", "web"}, {"file", "policy.d/web.toml"}, {"line", 8}}},
             {"since", "2026-01-01T00:00:00Z"},
             {"valid_until", nullptr},
             {"last_seen", "2026-01-01T00:00:00Z"},
             {"packets_in", 3},
             {"bytes_in", 1500},
             {"packets_out", 4},
             {"bytes_out", 12'345'678}}}}};
}

class LiveCommands : public CtlTest {
 protected:
  LiveCommands() { EXPECT_EQ(::mkdir(path("state").c_str(), 0700), 0); }

  /// What a gateway with this policy would have written.
  void record(const std::string& policy, const Evidence& evidence, WallTime at) {
    auto log = DecisionLog::open(path("state/decisions.jsonl"));
    ASSERT_TRUE(log) << to_string(log.error());
    ASSERT_TRUE(log->append(judged(policy_of(policy), evidence, web(), at)));
  }
};

TEST_F(LiveCommands, ListsFlowsWithTheirRuleAndHowManyMoreThereAre) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return flows_answer(); }};
  const auto run = ctl({"flows", "--device", "ana-laptop", "--limit", "1"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_NE(run.out.find("[allow.web] at policy.d/web.toml:8"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("12 MB / 4"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("12 more"), std::string::npos) << run.err;
  const auto request = gateway.requests().at(0);
  EXPECT_EQ(request.at("do"), "flows");
  EXPECT_EQ(request.at("device"), "ana-laptop");
  EXPECT_EQ(request.at("limit"), 1);
}

TEST_F(LiveCommands, TraceShowsWhyItMayNotRun) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                        return Json{{"v", 1}, {"ok", false}, {"error", "so many traces"}, {"hint", "end one"}};
                      }};
  const auto run = ctl({"trace", "--device", "ana-laptop"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("so many traces"), std::string::npos) << run.err;
  EXPECT_EQ(ctl({"trace", "--device", "x", "--to", "nowhere"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"trace", "--device", "x", "--for", "soon"}).code, CtlExit::Usage);
}

TEST_F(LiveCommands, TraceSaysThatNoGatewayRuns) {
  EXPECT_EQ(ctl({"trace", "--device", "ana-laptop"}).code, CtlExit::NotRunning);
}

TEST_F(LiveCommands, ExplainsACodeFromFilesByTheEvidenceOfThatTime) {
  write("policy.d/policy.toml", kFreezePolicy);
  auto evidence = ana();
  record(kFreezePolicy, evidence, morning());
  const auto run = ctl({"explain-code", "k7q2 9xpd"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  for (const auto* words : {"K7Q2-9XPD was told to ana@example.com on ana-laptop at 2026-11-20T08:01:00Z",
                            "198.51.100.7, session 7", "[deny.freeze]", "sallyportctl policy explain --as"}) {
    EXPECT_NE(run.out.find(words), std::string::npos) << words << " in\n" << run.out;
  }
}

TEST_F(LiveCommands, SaysWhenThePolicyIsAnotherByNow) {
  write("policy.d/policy.toml", kWebPolicy);
  record(kFreezePolicy, ana(), morning());
  const auto story = document({"explain-code", "K7Q2-9XPD"});
  EXPECT_TRUE(story.at("explanation").is_null());
  EXPECT_EQ(story.at("explanation_by_files").at("verdict"), "allow");
  EXPECT_EQ(story.at("rule"), "freeze");
  EXPECT_EQ(story.at("line"), 8);
}

TEST_F(LiveCommands, ExplainsByTheVersionInTheHistoryWhenTheFilesHaveAnotherPolicy) {
  write("policy.d/policy.toml", kWebPolicy);
  const auto packed = pack_policy({{"old.toml", std::string{kFreezePolicy}}});
  ASSERT_TRUE(packed);
  const PolicyStore store{path("state/policy")};
  ASSERT_TRUE(store.keep(*packed));
  PolicyRecord kept;
  kept.take(PolicyVersion{.number = VersionNumber{1},
                          .time = morning(),
                          .hash = policy_of(kFreezePolicy)->hash(),
                          .digest = packed->digest,
                          .size = packed->octets.size(),
                          .how = Activation::Start,
                          .restores = {},
                          .by = "root"});
  ASSERT_TRUE(store.save(kept));
  record(kFreezePolicy, ana(), morning());
  const auto story = document({"explain-code", "K7Q2-9XPD"});
  EXPECT_EQ(story.at("policy_version"), 1);
  EXPECT_EQ(story.at("explanation").at("verdict"), "deny");
  EXPECT_NE(ctl({"explain-code", "K7Q2-9XPD"}).out.find("policy history --show 1"), std::string::npos);
}

TEST_F(LiveCommands, FindsACodeInAnAuditFileThatLogRotationPutAside) {
  write("state/audit.jsonl", "");
  write("state/audit.jsonl.1",
        "{\"time\":\"2026-11-20T08:00:00Z\",\"event\":\"session.refused\",\"user\":\"ana@example.com\","
        "\"device\":\"ana-laptop\",\"reason\":\"device_disabled\",\"reference\":\"K7Q2-9XPD\"}\n");
  const auto run = ctl({"explain-code", "K7Q2-9XPD"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_NE(run.out.find("device_disabled"), std::string::npos) << run.out;
}

TEST_F(LiveCommands, FindsARefusedSessionInTheAuditFile) {
  write("state/audit.jsonl",
        "{\"time\":\"2026-11-20T08:00:00Z\",\"event\":\"session.refused\",\"user\":\"ana@example.com\","
        "\"device\":\"ana-laptop\",\"reason\":\"device_disabled\",\"reference\":\"K7Q2-9XPD\"}\nhalf a li");
  const auto run = ctl({"explain-code", "K7Q2-9XPD"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_NE(run.out.find("the device was not let in, device_disabled"), std::string::npos) << run.out;
}

TEST_F(LiveCommands, SaysWhereACodeWasLookedFor) {
  const auto run = ctl({"denials", "show", "0000-0000"});
  EXPECT_EQ(run.code, CtlExit::NotRunning);
  EXPECT_NE(run.err.find("audit.jsonl"), std::string::npos) << run.err;
}

TEST_F(LiveCommands, RefusesWhatIsNoCode) {
  // Records without a code must not be taken for the answer.
  write("policy.d/policy.toml", kWebPolicy);
  record(kWebPolicy, ana(), morning());
  for (const auto* text : {"", " ", "-", "K7Q2", "K7Q2-9XPDD", "K7Q2-9XP!"}) {
    const auto run = ctl({"explain-code", "--", text});
    EXPECT_EQ(run.code, CtlExit::Usage) << '"' << text << "\": " << run.out;
    EXPECT_NE(run.err.find("K7Q2-9XPD"), std::string::npos) << run.err;
  }
}

TEST_F(LiveCommands, SaysThatAFileCannotBeReadInsteadOfThatNothingIsThere) {
  ASSERT_EQ(::mkdir(path("state/audit.jsonl").c_str(), 0700), 0);
  const auto run = ctl({"explain-code", "K7Q2-9XPD"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("audit.jsonl: is not a regular file"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("use sudo"), std::string::npos) << run.err;
}

TEST_F(LiveCommands, SuggestsCommandsThatAShellReadsAsTheyStand) {
  auto evidence = ana();
  evidence.user = UserId{"o'brien`id`@example.com"};
  record(kFreezePolicy + std::string{"[deny.all]\nwho = \"everyone\"\nto = \"web\"\n"}, evidence, morning());
  const auto run = ctl({"explain-code", "K7Q2-9XPD"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_NE(run.out.find("--as 'o'\\''brien`id`@example.com' --device ana-laptop"), std::string::npos) << run.out;
}

TEST_F(LiveCommands, ShowsTheLatestOfSeveralRefusalsWithOneCode) {
  write("policy.d/policy.toml", kFreezePolicy);
  record(kFreezePolicy, ana(), morning());
  record(kFreezePolicy, ana(), morning() + std::chrono::hours{1});
  const auto run = ctl({"explain-code", "K7Q2-9XPD"});
  EXPECT_NE(run.out.find("told 2 times; the latest is shown"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("2026-11-20T09:01:00Z"), std::string::npos) << run.out;
  // A later one is in the audit file alone: the recorded decision is another story.
  write("state/audit.jsonl",
        "{\"time\":\"2026-11-20T10:00:00Z\",\"event\":\"session.refused\",\"user\":\"bo@example.com\",\"session\":9,"
        "\"device\":\"bo-laptop\",\"reason\":\"device_disabled\",\"reference\":\"K7Q2-9XPD\"}\n");
  const auto story = document({"explain-code", "K7Q2-9XPD"});
  EXPECT_EQ(story.at("user"), "bo@example.com");
  EXPECT_EQ(story.at("told"), 2);
  EXPECT_TRUE(story.at("explanation").is_null());
}

TEST_F(LiveCommands, ReadsACodeAsItWasReadAloud) {
  EXPECT_EQ(reference_code_of("k7q2-9xpd"), "K7Q2-9XPD");
  EXPECT_EQ(reference_code_of("K7Q29XPD"), "K7Q2-9XPD");
  EXPECT_EQ(reference_code_of("oIl0 0000"), "0110-0000");
}

TEST_F(LiveCommands, ReplaysRecordedDecisionsUnderACandidate) {
  for (int i = 0; i < 3; ++i) record(kWebPolicy, ana(), now_ - std::chrono::hours{i});
  record(kWebPolicy, ana(), now_ - std::chrono::hours{48});
  ASSERT_EQ(::mkdir(path("candidate").c_str(), 0755), 0);
  write("candidate/policy.toml", kFreezePolicy);
  const auto run = ctl({"policy", "replay", "--since", "1d", path("candidate")});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_NE(run.out.find("3 decisions of ana@example.com to 10.20.4.10:443/tcp would be denied by [deny.freeze] (were "
                         "allowed by [allow.web])"),
            std::string::npos)
      << run.out;
  const auto answer = document({"policy", "replay", "--since", "7d", path("candidate")});
  EXPECT_EQ(answer.at("newly_denied"), 4);
  EXPECT_EQ(answer.at("groups").at(0).at("would_be").at("rule").at("name"), "freeze");
}

TEST_F(LiveCommands, ReplayNamesDamagedLinesAndGoesOn) {
  record(kWebPolicy, ana(), now_);
  std::ofstream{path("state/decisions.jsonl"), std::ios::app} << "{\"v\":1}\n";
  ASSERT_EQ(::mkdir(path("candidate").c_str(), 0755), 0);
  write("candidate/policy.toml", kWebPolicy);
  const auto run = ctl({"policy", "replay", path("candidate")});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_NE(run.err.find("decisions.jsonl:2: "), std::string::npos) << run.err;
  EXPECT_EQ(ctl({"policy", "replay", "--since", "yesterday", path("candidate")}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"policy", "replay", "--decisions", path("none"), path("candidate")}).code, CtlExit::Failed);
}

}  // namespace
}  // namespace sallyport
