#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr const char* kPolicy = R"(version = 1
[groups]
engineering = ["ana@example.com"]
[resources]
git = { net = "10.20.4.10", ports = ["22/tcp", "443/tcp"] }
[allow.engineers-git]
who = "engineering"
to  = "git"
[[test]]
as     = "ana@example.com"
can    = ["git:22/tcp"]
cannot = ["git:25/tcp"]
)";

const std::vector<std::string> kQuestion{"policy",   "explain",    "--as", "ana@example.com",
                                         "--device", "ana-laptop", "--to", "10.20.4.10:22"};

TEST_F(CtlTest, ChecksAPolicy) {
  write("policy.d/10.toml", kPolicy);
  const auto checked = document({"policy", "check"});
  EXPECT_EQ(checked.at("rules"), 1);
  EXPECT_EQ(checked.at("files"), 1);
  EXPECT_EQ(checked.at("tests"), 1);
  EXPECT_EQ(checked.at("empty"), false);
  const auto text = ctl({"policy", "check"}).out;
  EXPECT_NE(text.find("is good: 1 rule in 1 file, 1 test passed"), std::string::npos) << text;
  EXPECT_EQ(ctl({"policy", "test"}).out, "1 test passed\n");
}

TEST_F(CtlTest, WarnsOfAFileBesideThePolicyThatDoesNotCount) {
  write("policy.d/10.toml", kPolicy);
  write("policy.d/90-deny.tml", "version = 1\n[deny.all]\nwho = \"everyone\"\nto = \"git\"\n");
  const auto words = path("policy.d/90-deny.tml") + ": warning: does not count: its name does not end in .toml";
  const auto text = ctl({"policy", "check"}).err;
  EXPECT_NE(text.find(words + " [uncounted_file] (if it is to count: mv " + path("policy.d/90-deny.tml") + ' ' +
                      path("policy.d/90-deny.toml")),
            std::string::npos)
      << text;
  const auto warning = document({"policy", "check"}).at("warnings").at(0);
  EXPECT_EQ(warning.at("code"), "uncounted_file");
  EXPECT_EQ(warning.at("level"), "warning");
  EXPECT_EQ(warning.at("file"), path("policy.d/90-deny.tml"));
  EXPECT_EQ(ctl({"policy", "check", "--strict"}).code, CtlExit::Failed);
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"policy", "test"}, {"policy", "who", "10.20.4.10:22"}, {"policy", "apply", "--dry-run"}, kQuestion}) {
    EXPECT_NE(ctl(command).err.find(words), std::string::npos) << command[1];
  }
  write("policy.d/10.toml", std::string{kPolicy} + "[deny.x]\nwho = \"interns\"\nto = \"git\"\n");
  EXPECT_NE(ctl({"policy", "check"}).err.find(words), std::string::npos) << "who is missing may be in it";
  EXPECT_EQ(ctl({"policy", "check", "--json"}).json().at("warnings").at(0).at("code"), "uncounted_file");
}

TEST_F(CtlTest, ChecksADirectoryWithoutAConfiguration) {
  write("policy.d/10.toml", kPolicy);
  EXPECT_EQ(bare({"--config", "/nonexistent", "policy", "check", path("policy.d")}).code, CtlExit::Ok);
  EXPECT_EQ(bare({"--config", "/nonexistent", "policy", "check"}).code, CtlExit::Failed);
  EXPECT_EQ(bare({"policy", "check", path("none.d")}).code, CtlExit::Failed);
}

TEST_F(CtlTest, SaysThatAnEmptyPolicyAllowsNothing) {
  const auto run = ctl({"policy", "check"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_NE(run.err.find("nobody reaches anything"), std::string::npos) << run.err;
}

TEST_F(CtlTest, NamesThePlaceOfAPolicyError) {
  write("policy.d/10.toml", std::string{kPolicy} + "[allow.bad]\nwhoo = \"engineering\"\nto = \"git\"\n");
  const auto run = ctl({"policy", "check"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find(path("policy.d/10.toml") + ":14:1: error: "), std::string::npos) << run.err;
  const auto json = ctl({"policy", "check", "--json"});
  EXPECT_EQ(json.code, CtlExit::Failed);
  EXPECT_EQ(json.json().at("ok"), false);
  EXPECT_FALSE(json.json().at("diagnostics").empty());
}

TEST_F(CtlTest, ReportsAPolicyTestThatFails) {
  std::string policy = kPolicy;
  policy.replace(policy.find("git:25"), 6, "git:22");
  write("policy.d/10.toml", policy);
  const auto run = ctl({"policy", "test"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("10.toml:"), std::string::npos) << run.err;
}

TEST_F(CtlTest, ExplainsFromTheFilesWhenNoGatewayRuns) {
  write("policy.d/10.toml", kPolicy);
  const auto allowed = document(kQuestion);
  EXPECT_EQ(allowed.at("verdict"), "allow");
  EXPECT_EQ(allowed.at("rule"), "engineers-git");
  EXPECT_EQ(allowed.at("reason"), "allowed");
  EXPECT_TRUE(allowed.at("valid_until").is_null());
  EXPECT_EQ(allowed.at("source"), "files");
  auto question = kQuestion;
  question.back() = "10.20.4.10:25";
  const auto denied = ctl(question);
  EXPECT_EQ(denied.code, CtlExit::Ok);
  EXPECT_EQ(denied.out.rfind("deny: ana@example.com on ana-laptop to 10.20.4.10:25/tcp\n", 0), 0U) << denied.out;
  EXPECT_NE(denied.out.find("No gateway is running; answered from the files"), std::string::npos) << denied.out;
}

TEST_F(CtlTest, KnowsWhenTheCertificateOfAnEnrolledDeviceEnds) {
  make_authority();
  enroll("ana-laptop");
  write("policy.d/10.toml", kPolicy);
  EXPECT_EQ(document(kQuestion).at("certificate_expires"), format_utc(now_ + std::chrono::days{90}));
}

TEST_F(CtlTest, SaysThatARevokedDeviceCannotConnectWhateverThePolicyAllows) {
  make_authority();
  enroll("ana-laptop");
  write("policy.d/10.toml", kPolicy);
  must({"devices", "revoke", "ana-laptop"});
  EXPECT_EQ(document(kQuestion).at("device_state"), "revoked");
  EXPECT_NE(ctl(kQuestion).out.find("The device is revoked: it cannot connect"), std::string::npos);
}

TEST_F(CtlTest, AsksTheRunningGatewayFirst) {
  write("policy.d/10.toml", kPolicy);
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                        return Json{{"v", 1},
                                    {"ok", true},
                                    {"verdict", "deny"},
                                    {"rule", nullptr},
                                    {"reason", "no_rule"},
                                    {"words", "no rule allows it"},
                                    {"as", "ana@example.com"},
                                    {"to", "10.20.4.10:22/tcp"},
                                    {"valid_until", nullptr},
                                    {"candidates", Json::array()}};
                      }};
  auto question = kQuestion;
  question.insert(question.end(), {"--from", "198.51.100.7", "--at", "2026-11-21T08:00:00Z"});
  EXPECT_EQ(document(question).at("source"), "gateway");
  EXPECT_EQ(gateway.requests().at(0), (Json{{"v", 1},
                                            {"do", "policy.explain"},
                                            {"as", "ana@example.com"},
                                            {"device", "ana-laptop"},
                                            {"to", "10.20.4.10:22/tcp"},
                                            {"from", "198.51.100.7"},
                                            {"at", "2026-11-21T08:00:00Z"}}));
  EXPECT_NE(ctl(kQuestion).out.find("Answered by the running gateway."), std::string::npos);
  question.insert(question.end(), {"--dir", path("policy.d")});
  EXPECT_EQ(document(question).at("source"), "files");
  EXPECT_EQ(gateway.requests().size(), 2U);
}

TEST_F(CtlTest, RefusesAQuestionThatMakesNoSense) {
  for (const auto& extra : std::vector<std::vector<std::string>>{
           {"--from", "office"}, {"--at", "yesterday"}, {"--to", "git"}, {"--to", "10.0.0.1:99999"}, {"--nonsense"}}) {
    auto question = kQuestion;
    if (extra.front() == "--to") question.resize(question.size() - 2);
    question.insert(question.end(), extra.begin(), extra.end());
    EXPECT_EQ(ctl(question).code, CtlExit::Usage) << extra.front();
  }
}

}  // namespace
}  // namespace sallyport
