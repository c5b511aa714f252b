#include "server/ctl/policy_change_commands.hpp"

#include "server/history/candidate_file.hpp"
#include "server/history/policy_install.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

#include <filesystem>

namespace sallyport {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kGood = "version = 1\n";
constexpr const char* kBetter = "version = 1\n# better\n";

Json impact(std::uint64_t cut) {
  Json list = Json::array();
  for (std::uint64_t i = 1; i <= cut; ++i) {
    list.push_back(
        {{"session", i}, {"user", "ana@example.com"}, {"device", "ana-laptop"}, {"flows", 3}, {"flows_cut", 2}});
  }
  return {{"sessions", 14}, {"sessions_cut", cut}, {"flows_cut", 2 * cut}, {"left_off", 0}, {"cut", list}};
}

Json change(std::uint64_t cut = 0) {
  return {{"v", 1},      {"ok", true},          {"version", 8},          {"hash", "4f2a"},
          {"new", true}, {"restores", nullptr}, {"impact", impact(cut)}, {"pending", nullptr}};
}

/// A running gateway with one policy, and another policy beside it.
class PolicyChangeTest : public CtlTest {
 protected:
  PolicyChangeTest() {
    write("policy.d/10.toml", kGood);
    fs::create_directory(path("better.d"));
    write("better.d/10.toml", kBetter);
    write("better.d/20.toml", kGood);
    ::unsetenv("SUDO_USER");
  }
  /// What the policy directory holds; "|" between files.
  [[nodiscard]] std::string installed() const {
    return content("policy.d/10.toml") + '|' + content("policy.d/20.toml");
  }
  [[nodiscard]] std::string digest_of_better() const {
    return pack_policy({{"10.toml", kBetter}, {"20.toml", kGood}})->digest.text();
  }
  Json status(const std::string& digest) { return {{"v", 1}, {"ok", true}, {"policy", {{"digest", digest}}}}; }

  const std::string kOld = std::string{kGood} + '|';
  const std::string kNew = std::string{kBetter} + '|' + kGood;
};

TEST_F(PolicyChangeTest, AppliesThePolicyDirectory) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return change(1); }};
  const auto text = ctl({"policy", "apply", "--confirm", "2m", "--max-cut", "3"});
  EXPECT_EQ(text.code, CtlExit::Ok);
  EXPECT_EQ(gateway.requests().at(0), (Json{{"v", 1}, {"do", "policy.apply"}, {"confirm", 120}, {"max_cut", 3}}));
  EXPECT_EQ(text.out,
            "Version 8 (4f2a) is in force.\n"
            "  1 of 14 live sessions loses access, 2 open flows are cut:\n"
            "SESSION  DEVICE      USER             FLOWS  CUT\n"
            "1        ana-laptop  ana@example.com  3      2\n");
  (void)ctl({"policy", "apply", path("policy.d")});
  EXPECT_EQ(gateway.requests().at(1), (Json{{"v", 1}, {"do", "policy.apply"}})) << "the directory itself";
  EXPECT_EQ(document({"policy", "apply"}), change(1)) << "the gateway's answer, unchanged";
}

TEST_F(PolicyChangeTest, SaysHowToKeepAPolicyOnTrial) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                        auto answer = change();
                        answer["pending"] = {{"previous", 7}, {"seconds_left", 120}, {"until", "2026-01-01T00:02:00Z"}};
                        return answer;
                      }};
  EXPECT_EQ(ctl({"policy", "apply", "--confirm", "2m"}).out,
            "Version 8 (4f2a) is in force.\n"
            "  None of 14 live sessions loses access.\n"
            "It goes back to version 7 in 2 min (at 2026-01-01T00:02:00Z) unless you type:\n"
            "  sallyportctl policy confirm 8\n");
}

TEST_F(PolicyChangeTest, NamesThePersonBehindSudo) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root was somebody else before";
  ::setenv("SUDO_USER", "ana", 1);
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return change(); }};
  (void)ctl({"policy", "confirm"});
  ::unsetenv("SUDO_USER");
  EXPECT_EQ(gateway.requests().at(0), (Json{{"v", 1}, {"do", "policy.confirm"}, {"on_behalf_of", "ana"}}));
}

TEST_F(PolicyChangeTest, PutsOtherFilesInPlaceBeforeTheGatewayReadsThem) {
  std::string seen;
  std::string marked;
  std::string asked;
  FakeGateway gateway{path("run/gateway.sock"), [&](const Json& request) {
                        if (request["do"] != "policy.apply") return change();
                        seen = installed();
                        marked = digest_under_way(path("policy.d")).value_or(PolicyDigest{}).text();
                        asked = request.value("digest", "");
                        return change();
                      }};
  EXPECT_EQ(ctl({"policy", "apply", path("better.d")}).code, CtlExit::Ok);
  EXPECT_EQ(seen, kNew);
  EXPECT_EQ(marked, digest_of_better()) << "whoever is killed now leaves a directory that no gateway reads";
  EXPECT_EQ(asked, digest_of_better());
  EXPECT_EQ(installed(), kNew);
  EXPECT_FALSE(is_half_installed(path("policy.d")));
}

TEST_F(PolicyChangeTest, TouchesNothingDuringSomebodyElsesTrial) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                        return Json{{"v", 1},
                                    {"ok", true},
                                    {"policy", {{"version", 9}, {"pending", {{"until", "2026-01-01T00:02:00Z"}}}}}};
                      }};
  const auto run = ctl({"policy", "apply", path("better.d")});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("version 9 waits for confirmation"), std::string::npos) << run.err;
  EXPECT_EQ(gateway.requests().size(), 1U);
  EXPECT_FALSE(fs::exists(path("policy.d/.apply-lock")));
}

TEST_F(PolicyChangeTest, CountsWhomItWouldCutBeforeItTouchesTheDirectory) {
  std::string seen;
  FakeGateway gateway{path("run/gateway.sock"), [&](const Json& request) {
                        if (request["do"] == "policy.impact") seen = installed();
                        return Json{{"v", 1}, {"ok", true}, {"impact", impact(2)}};
                      }};
  const auto json = ctl({"--json", "policy", "apply", path("better.d"), "--max-cut", "1"}).json();
  EXPECT_EQ(json.at("reason"), "too_many_cut");
  EXPECT_EQ(json.at("impact").at("cut").size(), 2U) << "who it would be, also for a script";
  EXPECT_EQ(seen, kOld);
  EXPECT_FALSE(fs::exists(path("policy.d/.apply-lock")));
  EXPECT_EQ(ctl({"policy", "apply", path("better.d"), "--max-cut", "2"}).code, CtlExit::Ok);
}

TEST_F(PolicyChangeTest, PutsTheOldFilesBackWhenTheGatewayRefuses) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json& request) {
                        if (request["do"] == "status") return Json{{"v", 1}, {"ok", true}};
                        return Json{{"v", 1},
                                    {"ok", false},
                                    {"error", "2 live sessions would lose access"},
                                    {"hint", "allow more"},
                                    {"reason", "too_many_cut"},
                                    {"impact", impact(2)}};
                      }};
  const auto run = ctl({"policy", "apply", path("better.d")});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_EQ(installed(), kOld);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err,
            "  2 of 14 live sessions would lose access, 4 open flows would be cut:\n"
            "SESSION  DEVICE      USER             FLOWS  CUT\n"
            "1        ana-laptop  ana@example.com  3      2\n"
            "2        ana-laptop  ana@example.com  3      2\n"
            "sallyportctl: 2 live sessions would lose access\n"
            "  allow more\n"
            "The policy directory is as it was.\n");
  const auto json = ctl({"--json", "policy", "apply", path("better.d")}).json();
  EXPECT_EQ(json.at("reason"), "too_many_cut");
  EXPECT_EQ(json.at("impact").at("cut").size(), 2U) << "who it would be, also for a script";
}

TEST_F(PolicyChangeTest, NeverPutsAWrongPolicyInPlace) {
  write("better.d/20.toml", "version = 1\nwhoo = 1\n");
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return change(); }};
  const auto run = ctl({"policy", "apply", path("better.d")});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find(path("better.d/20.toml") + ":2:1: error: "), std::string::npos) << run.err;
  EXPECT_EQ(installed(), kOld);
  EXPECT_TRUE(gateway.requests().empty());
}

TEST_F(PolicyChangeTest, TakesNoDirectoryWithoutAPolicyForAnEmptyPolicy) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return change(); }};
  fs::create_directories(path("etc/policy.d"));
  write("etc/policy.d/10.toml", kBetter);
  const auto above = ctl({"policy", "apply", path("etc")});
  EXPECT_EQ(above.code, CtlExit::Failed);
  EXPECT_NE(above.err.find("etc holds no *.toml; nothing has changed"), std::string::npos) << above.err;
  EXPECT_NE(above.err.find("did you mean " + path("etc/policy.d") + "?"), std::string::npos) << above.err;
  EXPECT_NE(ctl({"policy", "apply", path("typo.d")}).code, CtlExit::Ok);
  EXPECT_NE(ctl({"policy", "apply", path("etc"), "--confirm", "2m"}).code, CtlExit::Ok);
  const auto bare = ctl({"policy", "apply", path("run")});
  EXPECT_EQ(bare.code, CtlExit::Failed);
  EXPECT_NE(bare.err.find("--empty"), std::string::npos) << bare.err;
  EXPECT_TRUE(gateway.requests().empty());
  EXPECT_EQ(installed(), kOld);
  EXPECT_EQ(ctl({"policy", "apply", "--empty", path("etc")}).code, CtlExit::Ok);
  EXPECT_EQ(installed(), "|");
}

TEST_F(PolicyChangeTest, SaysThatAPolicyIsEmpty) {
  const FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                              auto answer = change();
                              answer["empty"] = true;
                              return answer;
                            }};
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"policy", "apply"}, {"policy", "apply", "--dry-run"}, {"policy", "rollback"}}) {
    const auto run = ctl(command);
    EXPECT_NE(run.out.find("  It is empty: nobody reaches anything.\n"), std::string::npos) << run.out;
  }
}

TEST_F(PolicyChangeTest, ConfirmsTheVersionThatIsNamed) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return change(); }};
  EXPECT_EQ(ctl({"policy", "confirm", "8"}).code, CtlExit::Ok);
  EXPECT_EQ(gateway.requests().at(0), (Json{{"v", 1}, {"do", "policy.confirm"}, {"version", 8}}));
  EXPECT_EQ(ctl({"policy", "confirm", "0"}).code, CtlExit::Usage);
}

TEST_F(PolicyChangeTest, NamesNoFileOfAPolicyInAWayThatATerminalObeys) {
  write("better.d/\x1b[2Jx.toml", kGood);
  const FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return change(); }};
  const auto run = ctl({"policy", "apply", path("better.d")});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("\\x1b[2Jx.toml: error: its name holds control characters"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find('\x1b'), std::string::npos);
}

TEST_F(PolicyChangeTest, TouchesNothingWhenNoGatewayRuns) {
  for (const auto& command : std::vector<std::vector<std::string>>{{"policy", "apply", path("better.d")},
                                                                   {"policy", "apply", path("better.d"), "--dry-run"},
                                                                   {"policy", "apply"},
                                                                   {"policy", "confirm"},
                                                                   {"policy", "rollback"}}) {
    EXPECT_EQ(ctl(command).code, CtlExit::NotRunning);
    EXPECT_EQ(installed(), kOld);
  }
  EXPECT_TRUE(fs::is_empty(path("run")));
}

TEST_F(PolicyChangeTest, AsksWhatRunsWhenTheAnswerIsLost) {
  for (const bool took_it : {true, false}) {
    FakeGateway gateway{path("run/gateway.sock"), [&](const Json& request) {
                          if (request["do"] == "policy.apply") return Json("lost");
                          return status(took_it ? digest_of_better() : "0123");
                        }};
    const auto run = ctl({"policy", "apply", path("better.d")});
    EXPECT_EQ(run.code, CtlExit::Failed);
    EXPECT_EQ(installed(), took_it ? kNew : kOld) << run.err;
    fs::remove(path("run/gateway.sock"));
    fs::remove(path("policy.d/20.toml"));
    write("policy.d/10.toml", kGood);
  }
}

TEST_F(PolicyChangeTest, AsksWithACopyWhatAPolicyWouldCut) {
  std::vector<PolicyFile> seen;
  FakeGateway gateway{path("run/gateway.sock"), [&](const Json& request) {
                        if (request["do"] == "status") return Json{{"v", 1}, {"ok", true}};
                        seen = take_candidate(path("run"), request.at("candidate")).value();
                        return Json{{"v", 1}, {"ok", true}, {"hash", "4f2a"}, {"impact", impact(1)}};
                      }};
  const auto run = ctl({"policy", "apply", path("better.d"), "--dry-run"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_NE(run.out.find("1 of 14 live sessions would lose access, 2 open flows would be cut:"), std::string::npos)
      << run.out;
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].text, kBetter);
  EXPECT_EQ(gateway.requests().back().at("do"), "policy.impact");
  EXPECT_EQ(installed(), kOld);
  for (const auto& entry : fs::directory_iterator{path("run")}) EXPECT_EQ(entry.path().filename(), "gateway.sock");
}

TEST_F(PolicyChangeTest, RollsBackAndConfirms) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json& request) {
                        auto answer = change();
                        if (request["do"] == "policy.rollback") answer["restores"] = 5;
                        return answer;
                      }};
  EXPECT_EQ(ctl({"policy", "rollback", "7", "--max-cut", "0"}).out,
            "Version 8 (4f2a) is in force: the files of version 5 again.\n  None of 14 live sessions loses access.\n");
  EXPECT_EQ(ctl({"policy", "rollback"}).err,
            "The policy directory is unchanged; as soon as it holds other files, those count.\n");
  EXPECT_EQ(ctl({"policy", "confirm"}).out, "Version 8 (4f2a) stays in force.\n");
  const auto requests = gateway.requests();
  EXPECT_EQ(requests.at(0), (Json{{"v", 1}, {"do", "policy.rollback"}, {"version", 7}, {"max_cut", 0}}));
  EXPECT_EQ(requests.at(1), (Json{{"v", 1}, {"do", "policy.rollback"}}));
}

TEST_F(PolicyChangeTest, SurvivesAnAnswerOfAnotherShape) {
  const FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                              return Json{{"v", 1}, {"ok", true}, {"impact", {1, 2}}, {"pending", {{"previous", "x"}}}};
                            }};
  EXPECT_EQ(ctl({"policy", "apply"}).code, CtlExit::Ok);
  EXPECT_EQ(ctl({"policy", "rollback"}).code, CtlExit::Ok);
  EXPECT_EQ(ctl({"policy", "apply", "--dry-run"}).code, CtlExit::Ok);
}

TEST_F(PolicyChangeTest, RefusesTimesAndNumbersThatMakeNoSense) {
  for (const auto* wait : {"", "2", "m", "9s", "25h", "-2m", "2 m", "2d", "02m", "99999999999h"}) {
    EXPECT_EQ(ctl({"policy", "apply", "--confirm=" + std::string{wait}}).code, CtlExit::Usage) << wait;
  }
  EXPECT_EQ(ctl({"policy", "apply", "--max-cut", "-1"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"policy", "rollback", "0"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"policy", "history", "--out", "x"}).code, CtlExit::Usage);
  EXPECT_EQ(parse_waiting_time("90s"), std::chrono::seconds{90});
  EXPECT_EQ(parse_waiting_time("2m"), std::chrono::minutes{2});
  EXPECT_EQ(parse_waiting_time("24h"), std::chrono::hours{24});
}

TEST_F(PolicyChangeTest, SaysThatTheDirectoryIsHeld) {
  const FakeGateway gateway{
      path("run/gateway.sock"), [](const Json&) {
        return Json{{"v", 1}, {"ok", true}, {"policy", "4f2a"}, {"version", 9}, {"ended", 0}, {"held", true}};
      }};
  const auto run = ctl({"reload"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_EQ(run.out, "Reloaded: policy 4f2a; sessions ended: 0\n");
  EXPECT_NE(run.err.find("version 9 stays. To use them all the same: sallyportctl policy apply"), std::string::npos)
      << run.err;
  EXPECT_EQ(document({"reload"}).at("held"), true);
}

TEST_F(PolicyChangeTest, ShowsATrialAndAHoldInTheStatus) {
  const FakeGateway gateway{
      path("run/gateway.sock"), [](const Json&) {
        return Json{
            {"v", 1},
            {"ok", true},
            {"policy",
             {{"hash", "4f2a"}, {"version", 9}, {"held", true}, {"pending", {{"previous", 8}, {"seconds_left", 61}}}}}};
      }};
  const auto text = ctl({"status"}).out;
  EXPECT_NE(text.find("  version    9\n"), std::string::npos) << text;
  EXPECT_NE(text.find("goes back to version 8 in 1 min; to keep it: sallyportctl policy confirm 9\n"),
            std::string::npos);
  EXPECT_NE(text.find("a policy was taken out of force"), std::string::npos) << text;
}

}  // namespace
}  // namespace sallyport
