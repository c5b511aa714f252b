#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr const char* kPolicy = R"(version = 1
[groups]
engineering = ["ana@example.com", "bo@example.com"]
[posture.healthy]
disk_encrypted = true
[resources]
git = { net = "10.20.4.10", ports = ["22/tcp", "443/tcp"] }
[allow.git]
who       = "engineering"
to        = "git"
posture   = "healthy"
proof_age = "8h"
[[test]]
as      = "ana@example.com"
posture = "healthy"
proof   = "1h"
can     = ["git:22/tcp"]
cannot  = ["git:25/tcp"]
)";

class PolicyAnalysisTest : public CtlTest {
 protected:
  PolicyAnalysisTest() { write("policy.d/10.toml", kPolicy); }

  /// A second policy in a directory of its own.
  std::string other(const std::string& more) {
    EXPECT_EQ(::mkdir(path("new.d").c_str(), 0755), 0);
    write("new.d/10.toml", kPolicy + more);
    return path("new.d");
  }
};

TEST_F(PolicyAnalysisTest, WarnsOfARuleThatNoTestExercises) {
  const auto directory = other("[deny.bo]\nwho = \"bo@example.com\"\nto = \"git\"\n");
  const auto run = ctl({"policy", "check", directory});
  EXPECT_EQ(run.code, CtlExit::Ok) << "a warning never stops a gateway";
  EXPECT_NE(run.err.find("10.toml:19:7: warning: no test is decided by [deny.bo] [untested_rule]"), std::string::npos)
      << run.err;
  EXPECT_NE(run.out.find("is good"), std::string::npos) << run.out;
  EXPECT_EQ(ctl({"policy", "check", "--strict", directory}).code, CtlExit::Failed);
  EXPECT_EQ(ctl({"policy", "check", "--strict"}).code, CtlExit::Ok);
  EXPECT_EQ(document({"policy", "check", directory}).at("warnings")[0].at("code"), "untested_rule");
  const auto strict = ctl({"policy", "check", "--strict", "--json", directory});
  EXPECT_EQ(strict.code, CtlExit::Failed);
  EXPECT_EQ(strict.json().at("ok"), false);
  EXPECT_EQ(strict.json().at("warnings").size(), 1U);
}

TEST_F(PolicyAnalysisTest, SpeaksTap) {
  const auto good = ctl({"policy", "test", "--tap"});
  EXPECT_EQ(good.code, CtlExit::Ok);
  EXPECT_EQ(good.out, "TAP version 14\n1..2\nok 1 - ana@example.com can reach git:22/tcp (" + path("policy.d/10.toml") +
                          ":17:12)\nok 2 - ana@example.com cannot reach git:25/tcp (" + path("policy.d/10.toml") +
                          ":18:12)\n");
  const auto bad =
      ctl({"policy", "test", "--tap", other("[[test]]\nas = \"bo@example.com\"\ncan = [\"git:22/tcp\"]\n")});
  EXPECT_EQ(bad.code, CtlExit::Failed);
  EXPECT_NE(bad.out.find("\nnot ok 3 - bo@example.com can reach git:22/tcp"), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find("\n  ---\n  message: \"test failed: bo@example.com cannot reach"), std::string::npos)
      << bad.out;
  EXPECT_EQ(ctl({"policy", "test", "--tap", "--json"}).code, CtlExit::Usage);
}

TEST_F(PolicyAnalysisTest, BailsOutOfTapWhenThePolicyDoesNotLoad) {
  write("policy.d/20.toml", "version = 1\n[allow.x]\nwho = \"nobody\"\nto = \"git\"\n");
  const auto run = ctl({"policy", "test", "--tap"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.out.find("Bail out!"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("no group \"nobody\""), std::string::npos) << run.err;
}

TEST_F(PolicyAnalysisTest, ReportsEveryExpectation) {
  const auto good = document({"policy", "test"});
  EXPECT_EQ(good.at("failed"), 0);
  ASSERT_EQ(good.at("expectations").size(), 2U);
  EXPECT_EQ(good.at("expectations")[0].at("rules"), Json::array({"allow.git"}));
  EXPECT_EQ(good.at("expectations")[1].at("expected"), "deny");
  const auto bad =
      ctl({"policy", "test", "--json", other("[[test]]\nas = \"bo@example.com\"\ncan = [\"git:22/tcp\"]\n")});
  EXPECT_EQ(bad.code, CtlExit::Failed);
  EXPECT_EQ(bad.json().at("failed"), 1);
  EXPECT_EQ(bad.json().at("expectations")[2].at("passed"), false);
  EXPECT_EQ(bad.json().at("diagnostics").size(), 1U);
}

TEST_F(PolicyAnalysisTest, ExplainsWhatWouldTurnTheAnswer) {
  const std::vector<std::string> question{"policy", "explain",    "--as",      "ana@example.com",
                                          "--to",   "git:22/tcp", "--posture", "healthy"};
  const auto json = document(question);
  EXPECT_EQ(json.at("verdict"), "deny");
  EXPECT_EQ(json.at("change"),
            Json::array({{{"key", "proof"}, {"from", "never, as far as is known"}, {"to", "fresh"}}}));
  EXPECT_NE(ctl(question).out.find("It would be allowed with:\n    proof       fresh; here: never"), std::string::npos)
      << ctl(question).out;
  auto fresh = question;
  fresh.insert(fresh.end(), {"--proof", "2h"});
  EXPECT_EQ(document(fresh).at("verdict"), "allow");
  for (const std::string wrong : {"--proof", "--key", "--revocation", "--posture"}) {
    auto bad = question;
    bad.insert(bad.end(), {wrong, "long"});
    EXPECT_EQ(ctl(bad).code, CtlExit::Usage) << wrong;
  }
}

TEST_F(PolicyAnalysisTest, HandsAssumptionsToTheGateway) {
  FakeGateway gateway{
      path("run/gateway.sock"), [](const Json&) {
        return Json{{"v", 1}, {"ok", true}, {"verdict", "deny"}, {"change", nullptr}, {"candidates", Json::array()}};
      }};
  const auto run =
      ctl({"policy", "explain", "--as", "ana@example.com", "--to", "git:22", "--posture", "healthy", "--proof", "2h"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_NE(run.out.find("the policy itself would have to change"), std::string::npos) << run.out;
  EXPECT_EQ(gateway.requests().at(0).at("to"), "git:22");
  EXPECT_EQ(gateway.requests().at(0).at("posture"), Json::array({"healthy"}));
  EXPECT_EQ(gateway.requests().at(0).at("proof"), 7200);
}

TEST_F(PolicyAnalysisTest, ListsWhoReachesAPlaceWithTheirDevices) {
  make_authority();
  enroll("ana-laptop");
  const auto text = ctl({"policy", "who", "10.20.4.10:22"}).out;
  EXPECT_NE(text.find("ana-laptop"), std::string::npos) << text;
  EXPECT_NE(text.find("posture healthy holds, user proof less than 8h ago"), std::string::npos) << text;
  const auto json = document({"policy", "who", "git:22/tcp"});
  const auto& by = json.at("destinations")[0].at("by")[0];
  EXPECT_EQ(by.at("people"), Json::array({"ana@example.com", "bo@example.com"}));
  EXPECT_EQ(by.at("devices").at("ana@example.com"), Json::array({"ana-laptop"}));
  EXPECT_EQ(by.at("ways")[0].at("rule"), "git");
  EXPECT_NE(ctl({"policy", "who", "10.20.4.10:25"}).out.find("nobody reaches it"), std::string::npos);
  EXPECT_EQ(ctl({"policy", "who", "git"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"policy", "who", "gut:22"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"policy", "who", "git:22", "--at", "noon"}).code, CtlExit::Usage);
}

TEST_F(PolicyAnalysisTest, ComparesPoliciesInMeaning) {
  const auto directory = other("[deny.bo]\nwho = \"bo@example.com\"\nto = \"git\"\n");
  const auto run = ctl({"policy", "diff", directory});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_EQ(run.out, "- bo@example.com loses git\n    when posture healthy holds, user proof less than 8h ago\n");
  EXPECT_EQ(ctl({"policy", "diff", directory, path("policy.d")}).out.rfind("+ bo@example.com reaches git\n", 0), 0U);
  EXPECT_EQ(ctl({"policy", "diff", "--exit-code", directory}).code, CtlExit::Failed);
  EXPECT_EQ(ctl({"policy", "diff", "--exit-code", directory, directory}).code, CtlExit::Ok);
  EXPECT_EQ(document({"policy", "diff", directory}).at("changes").size(), 1U);
  EXPECT_EQ(ctl({"policy", "diff", path("none.d")}).code, CtlExit::Failed);
}

}  // namespace
}  // namespace sallyport
