#include "server/ctl/qr_code.hpp"
#include "server/proof/recovery_code.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

#include <algorithm>
#include <set>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr const char* kAna = "ana@example.com";

/// Records what is asked of it, and then has no time.
Json busy_after_the_record(const Json& request) {
  if (request.at("do") == "audit.note") return {{"v", 1}, {"ok", true}, {"recorded", true}};
  return {{"v", 1}, {"ok", false}, {"error", "busy"}, {"hint", ""}};
}

class UsersCommands : public CtlTest {
 protected:
  UsersCommands() {
    make_authority();
    write("gateway.toml", content("gateway.toml") + "audit = \"" + path("audit.jsonl") + "\"\n");
  }
  Json enroll_totp() { return document({"users", "totp", "enroll", kAna}); }
};

TEST_F(UsersCommands, GiveASecretAndCodesOnce) {
  const auto given = enroll_totp();
  const auto secret = given.at("secret").get<std::string>();
  EXPECT_EQ(secret.size(), 32U);
  EXPECT_NE(given.at("uri").get<std::string>().find("secret=" + secret + "&issuer=vpn.example.com"), std::string::npos);
  const auto codes = given.at("recovery_codes").get<std::set<std::string>>();
  EXPECT_EQ(codes.size(), kRecoveryCodes);
  EXPECT_EQ(given.at("replaced"), false);
  EXPECT_EQ(given.at("gateway"), "not_running");
  auto store = Store::open(path("state/gateway.db"));
  ASSERT_TRUE(store);
  EXPECT_EQ(store->proof_states()->front().recovery_left, kRecoveryCodes);
}

TEST_F(UsersCommands, RefuseToOverwriteASecretUnlessToldTo) {
  const auto first = enroll_totp();
  const auto refused = ctl({"users", "totp", "enroll", kAna});
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("--replace"), std::string::npos) << refused.err;
  const auto second = document({"users", "totp", "enroll", "Ana@Example.com", "--replace"});
  EXPECT_EQ(second.at("replaced"), true);
  EXPECT_NE(second.at("secret"), first.at("secret"));
}

TEST_F(UsersCommands, TakeAPersonAsThePolicyWritesThem) {
  for (const char* user : {"ana", "ana@", "@example.com", "ana@example.com\n", "ana @example.com"}) {
    EXPECT_EQ(ctl({"users", "totp", "enroll", user}).code, CtlExit::Usage) << user;
    EXPECT_EQ(ctl({"users", "totp", "reset", user}).code, CtlExit::Usage) << user;
  }
  const auto run = ctl({"users", "totp", "remove", kAna});
  EXPECT_EQ(run.code, CtlExit::Usage);
  EXPECT_NE(run.err.find("sallyportctl users totp --help"), std::string::npos) << run.err;
}

TEST_F(UsersCommands, SayWhoHasWhatAndNeverASecret) {
  enroll("ana-laptop");
  const auto secret = enroll_totp().at("secret").get<std::string>();
  const auto listed = document({"users", "list"});
  ASSERT_EQ(listed.at("users").size(), 1U);
  const auto& ana = listed.at("users").front();
  EXPECT_EQ(ana.at("method"), "totp");
  EXPECT_EQ(ana.at("devices"), 1);
  EXPECT_EQ(ana.at("recovery_codes_left"), kRecoveryCodes);
  EXPECT_TRUE(ana.at("last_proof").is_null());
  const auto state = document({"users", "totp", "show-state", kAna});
  EXPECT_EQ(state.at("enrolled_at"), format_utc(now_));
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"users", "list"}, {"users", "totp", "show-state", kAna}}) {
    const auto run = ctl(arguments);
    EXPECT_EQ((run.out + run.err).find(secret), std::string::npos);
    EXPECT_NE(run.out.find(kAna), std::string::npos);
  }
  EXPECT_NE(ctl({"users", "totp", "show-state", "bo@example.com"}).out.find("has no secret"), std::string::npos);
}

TEST_F(UsersCommands, RecordEveryChangeAndNoSecret) {
  std::vector<std::string> secrets;
  for (const auto& given : {enroll_totp(), document({"users", "totp", "enroll", kAna, "--replace"})}) {
    secrets.push_back(given.at("secret").get<std::string>());
    for (const auto& code : given.at("recovery_codes")) secrets.push_back(code.get<std::string>());
  }
  EXPECT_EQ(document({"users", "totp", "reset", kAna}).at("had_secret"), true);
  EXPECT_EQ(document({"users", "totp", "reset", kAna}).at("had_secret"), false);
  const auto audit = content("audit.jsonl");
  std::vector<std::string> events;
  std::istringstream lines{audit};
  for (std::string line; std::getline(lines, line);) {
    auto event = Json::parse(line).at("event").get<std::string>();
    if (!event.starts_with("audit.")) events.push_back(std::move(event));
  }
  EXPECT_EQ(events, (std::vector<std::string>{"proof.enrolled", "proof.replaced", "proof.reset", "proof.reset"}));
  for (const auto& secret : secrets) EXPECT_EQ(audit.find(secret), std::string::npos);
  EXPECT_EQ(mode("audit.jsonl"), 0600U);
}

TEST_F(UsersCommands, MakeARunningGatewayForgetWhatWasProved) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) -> Json {
                        return {{"v", 1}, {"ok", true}, {"sessions", 2}};
                      }};
  EXPECT_EQ(document({"users", "totp", "reset", kAna}).at("sessions"), 2);
  ASSERT_EQ(gateway.requests().size(), 1U);
  EXPECT_EQ(gateway.requests().front().at("do"), "proof.changed");
  EXPECT_EQ(gateway.requests().front().at("user"), kAna);
  EXPECT_EQ(gateway.requests().front().at("what"), "reset");
}

TEST_F(UsersCommands, SayWhenTheGatewayDidNotConfirmButStillShowTheSecret) {
  FakeGateway gateway{path("run/gateway.sock"), busy_after_the_record};
  const auto run = ctl({"users", "totp", "enroll", kAna});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.out.find("otpauth://totp/"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("was not confirmed"), std::string::npos) << run.err;
}

TEST_F(UsersCommands, ThenTheDocumentHasTheSecretToo) {
  FakeGateway gateway{path("run/gateway.sock"), busy_after_the_record};
  const auto run = ctl({"users", "totp", "enroll", kAna, "--json"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  const auto document = run.json();
  EXPECT_EQ(document.at("ok"), false);
  EXPECT_EQ(document.at("v"), 1);
  EXPECT_NE(document.at("error").get<std::string>().find("busy"), std::string::npos);
  EXPECT_EQ(document.at("secret").get<std::string>().size(), 32U);
  EXPECT_EQ(document.at("recovery_codes").size(), kRecoveryCodes);
  EXPECT_EQ(document.at("uri").get<std::string>().find("otpauth://totp/"), 0U);
  EXPECT_TRUE(document.at("recorded").is_null());
}

TEST_F(UsersCommands, FailWhenTheGatewayCouldNotRecordTheChange) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) -> Json {
                        return {{"v", 1}, {"ok", true}, {"sessions", 1}, {"recorded", false}};
                      }};
  const auto run = ctl({"users", "totp", "reset", kAna});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("the audit record could not be written"), std::string::npos) << run.err;
  const auto document = ctl({"users", "totp", "reset", kAna, "--json"}).json();
  EXPECT_EQ(document.at("ok"), false);
  EXPECT_EQ(document.at("recorded"), false);
  EXPECT_EQ(document.at("had_secret"), false);
}

TEST(QrCode, IsDrawnInHalfBlocksWithALightMargin) {
  const auto drawing = qr_code_text("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ", false);
  ASSERT_TRUE(drawing);
  const auto lines = std::count(drawing->begin(), drawing->end(), '\n');
  const auto first = drawing->substr(0, drawing->find('\n'));
  EXPECT_EQ(first.find("\u2588"), 0U) << "margin";
  EXPECT_GE(static_cast<std::size_t>(lines) * 2, first.size() / 3) << "square: two modules a line";
  EXPECT_LE(static_cast<std::size_t>(lines) * 2, first.size() / 3 + 1);
  EXPECT_NE(qr_code_text("x", true)->find("\x1b[30;107m"), std::string::npos);
  EXPECT_FALSE(qr_code_text(std::string(5000, 'x'), false)) << "too long";
}

}  // namespace
}  // namespace sallyport
