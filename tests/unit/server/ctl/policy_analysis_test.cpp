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

TEST_F(PolicyAnalysisTest, AnswersQuestionsAboutAPolicyWhoseTestsFail) {
  const auto directory = other("[[test]]\nas = \"bo@example.com\"\ncan = [\"git:22/tcp\"]\n");
  const auto note = "1 of 2 tests in " + directory +
                    " fails: a gateway would not take this policy (sallyportctl policy test " + directory + ")\n";
  for (const auto& question : std::vector<std::vector<std::string>>{
           {"policy", "explain", "--dir", directory, "--as", "bo@example.com", "--to", "git:22"},
           {"policy", "who", "--dir", directory, "git:22"},
           {"policy", "diff", path("policy.d"), directory}}) {
    const auto run = ctl(question);
    EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
    EXPECT_EQ(run.err, note);
    EXPECT_EQ(document(question).at("failed_tests"), 1);
  }
}

TEST_F(PolicyAnalysisTest, SaysWhichDirectoryToGive) {
  const auto file = ctl({"policy", "check", path("policy.d/10.toml")});
  EXPECT_EQ(file.code, CtlExit::Failed);
  EXPECT_NE(file.err.find(
                "is a file, not a directory\n  a policy is all *.toml of a directory: give the one that holds it, " +
                path("policy.d")),
            std::string::npos)
      << file.err;
  EXPECT_NE(ctl({"policy", "check", path("none.d")}).err.find("there is no directory " + path("none.d")),
            std::string::npos);
  const std::vector<std::pair<std::vector<std::string>, std::string>> commands{
      {{"policy", "check"}, "sallyportctl policy check DIR"},
      {{"policy", "test"}, "sallyportctl policy test DIR"},
      {{"policy", "who", "git:22"}, "sallyportctl policy who --dir DIR TO"},
      {{"policy", "explain", "--as", "bo@example.com", "--to", "git:22"}, "sallyportctl policy explain --dir DIR"},
      {{"policy", "diff", path("policy.d")}, "sallyportctl policy diff OLD NEW"}};
  for (auto [command, hint] : commands) {
    command.insert(command.begin(), {"--config", path("elsewhere.toml")});
    const auto run = bare(command);
    EXPECT_EQ(run.code, CtlExit::Failed);
    EXPECT_NE(run.err.find("elsewhere.toml on this machine"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(hint), std::string::npos) << run.err;
  }
  const auto tap = ctl({"policy", "test", "--tap", path("none.d")});
  EXPECT_EQ(tap.code, CtlExit::Failed);
  EXPECT_NE(tap.out.find("Bail out!"), std::string::npos) << tap.out;
}

TEST_F(PolicyAnalysisTest, AsksAboutPeopleByTheirAddress) {
  const auto explain = [this](const std::string& user) {
    return ctl({"policy", "explain", "--as", user, "--to", "git:22", "--posture", "none"});
  };
  EXPECT_EQ(explain("bob").code, CtlExit::Usage);
  EXPECT_NE(explain("bob").err.find("\"bob\" is no e-mail address"), std::string::npos) << explain("bob").err;
  EXPECT_NE(explain("anna@example.com").out.find("note     no rule or group names \"anna@example.com\" (did you mean"),
            std::string::npos)
      << explain("anna@example.com").out;
  EXPECT_EQ(explain("ana@example.com").out.find("  note "), std::string::npos);
}

TEST_F(PolicyAnalysisTest, TakesNoneForALaptopThatFailsEveryCheck) {
  const auto json = document(
      {"policy", "explain", "--as", "ana@example.com", "--to", "git:22", "--posture", "none", "--proof", "1h"});
  EXPECT_EQ(json.at("assumed").at("posture"), Json::array());
  EXPECT_EQ(json.at("change")[0].at("from"), "healthy fails");
}

TEST_F(PolicyAnalysisTest, SaysEveryoneOnlyOfEveryone) {
  const auto open =
      "[resources.wiki]\nnet = \"10.30.0.1\"\nports = \"443/tcp\"\n[allow.wiki]\nwho = \"everyone\"\nto = \"wiki\"\n";
  const auto directory = other(open);
  EXPECT_NE(ctl({"policy", "who", "--dir", directory, "wiki:443"}).out.find("\neveryone  [allow.wiki]  nothing else\n"),
            std::string::npos)
      << ctl({"policy", "who", "--dir", directory, "wiki:443"}).out;
  write("new.d/20.toml", "version = 1\n[deny.gone]\nwho = \"dee@example.com\"\nto = \"any\"\n");
  const auto text = ctl({"policy", "who", "--dir", directory, "wiki:443"}).out;
  EXPECT_NE(text.find("\neveryone else"), std::string::npos) << text;
  EXPECT_NE(text.find("\nNot among them: dee@example.com\n"), std::string::npos) << text;
  const auto json = document({"policy", "who", "--dir", directory, "wiki:443"});
  EXPECT_EQ(json.at("destinations")[0].at("left_out"), Json::array({"dee@example.com"}));
}

TEST_F(PolicyAnalysisTest, CountsTheDevicesOfALongListAndGivesThemAsData) {
  std::string devices;
  for (int i = 10; i < 60; ++i) devices += "\"lap-" + std::to_string(i) + "\", ";
  const auto directory = other("[allow.lap]\nwho = \"cy@example.com\"\nto = \"git\"\ndevices = [" + devices + "]\n");
  const auto text = ctl({"policy", "who", "--dir", directory, "git:22"}).out;
  EXPECT_NE(text.find("on one of 50 devices\n"), std::string::npos) << text;
  EXPECT_NE(text.find("All names and cases: --json\n"), std::string::npos) << text;
  const auto json = document({"policy", "who", "--dir", directory, "git:22"});
  for (const auto& by : json.at("destinations")[0].at("by")) {
    if (by.at("people") != Json::array({"cy@example.com"})) continue;
    EXPECT_EQ(by.at("ways")[0].at("needs").size(), 50U);
    EXPECT_EQ(by.at("ways")[0].at("needs_complete"), true);
  }
}

TEST_F(PolicyAnalysisTest, NamesTheDevicesOfThoseWhomAChangeConcerns) {
  make_authority();
  enroll("bo-laptop", "bo@example.com");
  const auto run = ctl({"policy", "diff", other("[deny.bo]\nwho = \"bo@example.com\"\nto = \"git\"\n")});
  EXPECT_NE(run.out.find("- bo@example.com loses git\n    devices: bo-laptop\n"), std::string::npos) << run.out;
}

}  // namespace
}  // namespace sallyport
