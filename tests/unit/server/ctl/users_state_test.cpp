#include "server/store/store.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr const char* kAna = "ana@example.com";

class UsersState : public CtlTest {
 protected:
  UsersState() {
    make_authority();
    enroll("ana-laptop");
  }
  bool is_disabled() {
    auto store = Store::open(path("state/gateway.db"));
    return store && store->disabled_user(UserId{kAna}).value_or(std::nullopt).has_value();
  }
};

TEST_F(UsersState, DisableAndEnableAPersonAndRecordWhoWhyAndWhen) {
  const auto disabled = document({"users", "disable", "Ana@Example.com", "--reason", "left on Friday"});
  EXPECT_EQ(disabled.at("state"), "disabled");
  EXPECT_EQ(disabled.at("changed"), true);
  EXPECT_EQ(disabled.at("devices"), 1);
  EXPECT_EQ(disabled.at("gateway"), "not_running");
  EXPECT_TRUE(is_disabled());
  const auto listed = document({"users", "list"}).at("users").front();
  EXPECT_EQ(listed.at("disabled"), true);
  EXPECT_EQ(listed.at("disabled_reason"), "left on Friday");
  EXPECT_EQ(listed.at("disabled_at"), format_utc(now_));
  EXPECT_NE(ctl({"users", "list"}).out.find("disabled"), std::string::npos);
  EXPECT_EQ(document({"devices", "list"}).at("devices").front().at("user_disabled"), true);
  EXPECT_NE(ctl({"devices", "list"}).out.find("user disabled"), std::string::npos);

  EXPECT_EQ(document({"users", "disable", kAna}).at("changed"), false) << "twice is no error";
  EXPECT_EQ(document({"users", "enable", kAna}).at("changed"), true);
  EXPECT_FALSE(is_disabled());
  EXPECT_EQ(document({"users", "enable", kAna}).at("changed"), false);

  std::istringstream lines{content("state/audit.jsonl")};
  std::vector<Json> records;
  for (std::string line; std::getline(lines, line);) {
    auto record = Json::parse(line);
    if (record.at("event").get<std::string>().starts_with("user.")) records.push_back(std::move(record));
  }
  ASSERT_EQ(records.size(), 4U) << "what changed nothing was asked for all the same";
  const auto& record = records.front();
  EXPECT_EQ(record.at("event"), "user.disabled");
  EXPECT_EQ(record.at("user"), kAna);
  EXPECT_EQ(record.at("reason"), "left on Friday");
  EXPECT_FALSE(record.at("by").get<std::string>().empty());
}

TEST_F(UsersState, AskARunningGatewayToEndTheSessions) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) -> Json {
                        return {{"v", 1}, {"ok", true}, {"ended", 2}, {"recorded", true}};
                      }};
  EXPECT_EQ(document({"users", "disable", kAna, "--reason", "x"}).at("sessions_ended"), 2);
  ASSERT_EQ(gateway.requests().size(), 1U);
  const auto request = gateway.requests().front();
  EXPECT_EQ(request.at("do"), "user.changed");
  EXPECT_EQ(request.at("user"), kAna);
  EXPECT_EQ(request.at("what"), "disabled");
  EXPECT_EQ(request.at("reason"), "x");
}

TEST_F(UsersState, RecordThatAPersonIsEnabledBeforeTheGatewayGoesByIt) {
  must({"users", "disable", kAna});
  bool was_disabled = false;
  FakeGateway gateway{path("run/gateway.sock"), [&](const Json& request) -> Json {
                        if (request.at("do") == "audit.note") was_disabled = is_disabled();
                        return {{"v", 1}, {"ok", true}, {"ended", 0}, {"recorded", true}};
                      }};
  EXPECT_EQ(document({"users", "enable", kAna}).at("recorded"), true);
  EXPECT_TRUE(was_disabled);
  EXPECT_FALSE(is_disabled());
  ASSERT_EQ(gateway.requests().size(), 2U);
  EXPECT_EQ(gateway.requests()[0].at("record").at("event"), "user.enabled");
  EXPECT_EQ(gateway.requests()[1].at("do"), "user.changed");
  EXPECT_EQ(gateway.requests()[1].at("noted"), true) << "recorded once";
}

TEST_F(UsersState, FailAloudWhenTheGatewayDidNotConfirmThoughThePersonIsDisabled) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) -> Json {
                        return {{"v", 1}, {"ok", false}, {"error", "busy"}, {"hint", ""}};
                      }};
  const auto run = ctl({"users", "disable", kAna});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("ana@example.com is disabled, but the running gateway did not confirm"), std::string::npos)
      << run.err;
  EXPECT_TRUE(is_disabled());
}

TEST_F(UsersState, FailWhenItCouldNotBeRecorded) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) -> Json {
                        return {{"v", 1}, {"ok", true}, {"ended", 0}, {"recorded", false}};
                      }};
  const auto run = ctl({"users", "disable", kAna});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("audit record could not be written"), std::string::npos) << run.err;
}

TEST_F(UsersState, SayWhenNobodyIsKnownByThatName) {
  const auto run = ctl({"users", "disable", "zoe@example.com"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_NE(run.out.find("nobody of this name"), std::string::npos) << run.out;
  EXPECT_EQ(ctl({"users", "disable", "zoe"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"users", "enable", "zoe@"}).code, CtlExit::Usage);
}

TEST_F(UsersState, KeepADisabledPersonFromEnrolmentsAndTokens) {
  must({"users", "disable", kAna});
  const auto csr = make_request("ana-second");
  const auto enrolled = ctl({"devices", "enroll", "--user", kAna, "--csr", csr, "--out", path("x.pem")});
  EXPECT_EQ(enrolled.code, CtlExit::Failed);
  EXPECT_NE(enrolled.err.find("sallyportctl users enable ana@example.com"), std::string::npos) << enrolled.err;
  const auto token = ctl({"tokens", "create", "--user", kAna});
  EXPECT_EQ(token.code, CtlExit::Failed);
  EXPECT_NE(token.err.find("users enable"), std::string::npos) << token.err;
  const auto device = ctl({"devices", "enable", "ana-laptop"});
  EXPECT_NE(device.out.find("is disabled, and with them this device"), std::string::npos) << device.out;
}

TEST_F(UsersState, MakeNothingThatReadsLikeAControlCharacter) {
  const auto disabled =
      document({"users", "disable", kAna, "--reason", std::string{"a\x1b[2Jb\n"} + std::string(300, 'c')});
  const auto reason = disabled.at("reason").get<std::string>();
  EXPECT_EQ(reason.find('\x1b'), std::string::npos);
  EXPECT_LE(reason.size(), 200U);
}

}  // namespace
}  // namespace sallyport
