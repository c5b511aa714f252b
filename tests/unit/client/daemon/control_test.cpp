#include "client/daemon/control.hpp"

#include "common/ipc/client.hpp"
#include "common/uv/async.hpp"
#include "tests/support/log_sinks.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/client/linux/fake_network.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace sallyport {
namespace {

using nlohmann::json;

struct FakePosture final : PostureSource {
  [[nodiscard]] Posture collect(const std::vector<std::string>& /*processes*/) const override {
    Posture posture;
    posture.os = "debian";
    posture.facts["firewall"] = {true, "a made-up source"};
    return posture;
  }
  [[nodiscard]] PostureAnswers look_for(const std::vector<std::string>& /*files*/) const override { return {}; }
};

class ControlTest : public testing::Test {
 protected:
  ControlTest() {
    ClientConfig config;
    config.runtime = directory_.path();
    for (const char* name : {"lab", "office"}) {
      Profile profile;
      profile.name = name;
      profile.gateway = {"127.0.0.1", 1};
      profile.server_name = "vpn.example.com";
      profile.ca = profile.certificate = profile.key = directory_.file("none");
      config.profiles.emplace(name, profile);
    }
    socket_ = config.socket_path();
    control_.emplace(loop_, log_, std::move(config), Access{::geteuid(), [](uid_t) { return false; }},
                     JournalledNetwork{*Journal::load(directory_.file("journal.json")), network_},
                     std::make_shared<const FakePosture>(), 1);
    EXPECT_TRUE(control_->listen());
  }
  ~ControlTest() override { EXPECT_TRUE(control_->stop()); }

  json ask(const json& request) {
    json answer;
    Async done{loop_, [this] { loop_.stop(); }};
    std::thread client{[&] {
      const auto got = ask_daemon(socket_, request, std::chrono::seconds{10});
      if (got) answer = *got;
      done.send();
    }};
    loop_.run();
    client.join();
    return answer;
  }

  TemporaryDirectory directory_;
  std::string socket_;
  Loop loop_;
  Log log_{std::make_unique<test::SilentSink>()};
  test::FakeNetwork network_;
  std::optional<Control> control_;
};

TEST_F(ControlTest, SaysThatThereIsNoTunnelAndWhichThereCouldBe) {
  EXPECT_EQ(
      ask({{"v", 1}, {"do", "status"}}),
      (json{{"v", 1}, {"ok", true}, {"state", "down"}, {"denials", json::array()}, {"profiles", {"lab", "office"}}}));
  EXPECT_EQ(control_->summary(), "down");
}

TEST_F(ControlTest, ShowsWhatWouldBeReportedWhileThereIsNoTunnel) {
  const auto answer = ask({{"v", 1}, {"do", "posture"}});
  EXPECT_EQ(answer["ok"], true);
  EXPECT_EQ(answer["self_reported"], true);
  EXPECT_EQ(answer["connected"], false);
  EXPECT_EQ(answer["judged_at"], nullptr);
  EXPECT_EQ(answer["checks"], json::array());
  EXPECT_EQ(answer["reported"][0], (json{{"key", "os"}, {"value", "debian"}, {"source", "os-release"}}));
  EXPECT_EQ(answer["reported"][4], (json{{"key", "firewall"}, {"value", true}, {"source", "a made-up source"}}));
  EXPECT_EQ(answer["reported"][3]["value"], nullptr) << "unknown";
}

TEST_F(ControlTest, RefusesWhatItDoesNotUnderstand) {
  for (const json& request :
       {json::object(), json{{"do", "status"}}, json{{"v", 2}, {"do", "status"}}, json{{"v", "1"}, {"do", "status"}},
        json{{"v", 1}}, json{{"v", 1}, {"do", 7}}, json{{"v", 1}, {"do", "exec"}}}) {
    const auto answer = ask(request);
    EXPECT_EQ(answer["ok"], false) << request;
    EXPECT_EQ(answer["reason"], "bad_request") << request;
  }
}

TEST_F(ControlTest, AsksWhichProfileWhenThereAreSeveral) {
  const auto answer = ask({{"v", 1}, {"do", "up"}});
  EXPECT_EQ(answer["reason"], "which_profile");
  EXPECT_EQ(answer["hint"], "profiles: lab, office");
}

TEST_F(ControlTest, TakesNothingForAProfileButItsName) {
  EXPECT_EQ(ask({{"v", 1}, {"do", "up"}, {"profile", "ofice"}})["hint"], "did you mean \"office\"?");
  for (const char* name : {"../office", "/etc/passwd", "", "office\n"}) {
    EXPECT_EQ(ask({{"v", 1}, {"do", "up"}, {"profile", name}})["reason"], "unknown_profile") << name;
  }
}

TEST_F(ControlTest, UnlocksOnlyWhereAKeyIsOnAToken) {
  const auto unlock = [&](const char* profile, const json& pin) {
    json request{{"v", 1}, {"do", "unlock"}, {"profile", profile}};
    if (!pin.is_null()) request["pin"] = pin;
    return ask(request);
  };
  EXPECT_EQ(unlock("office", "123456")["reason"], "no_token");
  ClientConfig config;
  Profile profile;
  profile.name = "card";
  profile.gateway = {"127.0.0.1", 1};
  profile.server_name = "vpn.example.com";
  profile.ca = profile.certificate = directory_.file("none");
  profile.key = "pkcs11:token=no-such-token;object=k?module-path=/nowhere/module.so";
  config.profiles.emplace("card", profile);
  control_->replace_profiles(std::move(config));
  for (const auto& pin : {json{}, json{7}, json{""}, json{std::string(300, '1')}}) {
    EXPECT_EQ(unlock("card", pin)["reason"], "bad_request") << pin;
  }
  const auto answer = unlock("card", "123456");
  EXPECT_EQ(answer["reason"], "token_module") << answer;
  EXPECT_EQ(answer.dump().find("123456"), std::string::npos);
}

TEST_F(ControlTest, SaysAtOnceWhatOnlyAnAdministratorCanMend) {
  const auto answer = ask({{"v", 1}, {"do", "up"}, {"profile", "office"}});
  EXPECT_EQ(answer["ok"], false);
  EXPECT_EQ(answer["reason"], "credentials_unusable");
  const auto status = ask({{"v", 1}, {"do", "status"}});
  EXPECT_EQ(status["state"], "connecting");
  EXPECT_EQ(status["profile"], "office");
  EXPECT_EQ(status["failure"]["reason"], "credentials_unusable");
  EXPECT_TRUE(status.contains("retry_at"));
  EXPECT_TRUE(network_.log.empty());
}

TEST_F(ControlTest, HasOneProfileUpAtATime) {
  (void)ask({{"v", 1}, {"do", "up"}, {"profile", "office"}});
  EXPECT_EQ(ask({{"v", 1}, {"do", "up"}, {"profile", "lab"}})["reason"], "busy");
  EXPECT_EQ(ask({{"v", 1}, {"do", "down"}})["was_down"], false);
  EXPECT_EQ(ask({{"v", 1}, {"do", "down"}})["was_down"], true);
  EXPECT_EQ(ask({{"v", 1}, {"do", "up"}, {"profile", "lab"}})["reason"], "credentials_unusable");
}

TEST_F(ControlTest, TakesACodeOnlyInItsFormAndOnlyWhenConnected) {
  EXPECT_EQ(ask({{"v", 1}, {"do", "login"}})["reason"], "bad_request");
  EXPECT_EQ(ask({{"v", 1}, {"do", "login"}, {"method", "totp"}, {"code", "12 34"}})["reason"], "bad_request");
  EXPECT_EQ(ask({{"v", 1}, {"do", "login"}, {"method", "totp"}, {"code", "123456"}})["reason"], "not_connected");
}

TEST_F(ControlTest, AsksTheGatewayOnlyAboutAddressesAndOnlyWhenConnected) {
  EXPECT_EQ(ask({{"v", 1}, {"do", "why"}})["reason"], "bad_request");
  EXPECT_EQ(ask({{"v", 1}, {"do", "why"}, {"to", "git:22"}})["reason"], "bad_request");
  EXPECT_EQ(ask({{"v", 1}, {"do", "why"}, {"to", "10.20.4.10:22/tcp"}})["reason"], "not_connected");
}

}  // namespace
}  // namespace sallyport
