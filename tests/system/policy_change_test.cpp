#include "tests/system/support/fixture.hpp"

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
namespace fs = std::filesystem;

/// The lab's policy lets the laptop reach a web server. The narrow one leaves it ping alone.
class PolicyChange : public OwnLab {
 protected:
  void SetUp() override {
    OwnLab::SetUp();
    if (!HasFatalFailure() && !IsSkipped()) wide_ = lab().read(kFile);
  }
  [[nodiscard]] std::string narrow() const {
    return replaced(replaced(wide_, "to  = [\"web\", \"ping\"]", "to  = [\"ping\"]"), "can    = [\"web:8080/tcp\"]",
                    "can    = [\"10.20.4.10/icmp\"]");
  }
  void write_policy(const std::string& text) { lab().write(kFile, text); }

  Background live_download() {
    auto download = lab().start_at(Place::Laptop,
                                   Lab::script("download.py", {lab().env("LAB_ALLOWED"), "/stream", "2"}), "download");
    EXPECT_TRUE(eventually([&] { return download.output().find("first") != std::string::npos; })) << download.output();
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    return download;
  }
  [[nodiscard]] bool web_works() { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }
  [[nodiscard]] bool web_works_soon() {
    return eventually([this] { return web_works(); }, Seconds{15});
  }

  json policy_status() {
    const auto status = lab().ctl({"--json", "status"}).last_line();
    return status.is_object() ? status.value("policy", json::object()) : json::object();
  }
  json must(Words words) {
    words.insert(words.begin(), "--json");
    const auto ran = lab().ctl(words);
    EXPECT_TRUE(ran.ok()) << ran.text();
    return ran.last_line();
  }
  json history() { return must({"policy", "history"}).value("versions", json::array()); }
  void restart(const std::string& signal = "TERM") {
    ASSERT_TRUE(lab().stop("sallyport-gateway", signal).ok());
    const auto started = lab().start("sallyport-gateway");
    ASSERT_TRUE(started.ok()) << started.text();
  }

  static constexpr const char* kFile = "etc/policy.d/10-lab.toml";
  std::string wide_;
};

TEST_F(PolicyChange, AnAppliedPolicyCutsALiveDownloadAndSaysWhoseItWas) {
  Watch watch{lab()};
  auto download = live_download();
  write_policy(narrow());
  auto answer = must({"policy", "apply"});
  const double typed = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_EQ(answer.value("version", 0), 2);
  ASSERT_EQ(answer["impact"]["sessions_cut"], 1) << answer;
  EXPECT_EQ(answer["impact"]["cut"][0]["device"], "ana-laptop");
  EXPECT_GE(answer["impact"]["flows_cut"], 1);
  ASSERT_TRUE(download.wait(Seconds{8}).has_value()) << "the download goes on";
  const double late = download.last_line().value("last_byte", 1e12) - typed;
  EXPECT_LT(late, 2.0);
  std::cout << "last octet " << late * 1000 << " ms after the command returned\n";
  EXPECT_FALSE(web_works());
  EXPECT_EQ(lab().audit_count("policy.apply"), 1U);
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
}

TEST_F(PolicyChange, IsRefusedWhenItWouldCutMoreThanAllowedAndTheDownloadGoesOn) {
  auto download = live_download();
  fs::create_directory(lab().path("etc/narrow.d"));
  lab().write("etc/narrow.d/10-lab.toml", narrow());
  const auto asked = lab().ctl({"policy", "apply", lab().path("etc/narrow.d"), "--dry-run"});
  EXPECT_TRUE(asked.ok()) << asked.text();
  EXPECT_NE(asked.output.find("1 of 1 live session would lose access, 1 open flow would be cut"), std::string::npos)
      << asked.output;
  const auto refused = lab().ctl({"policy", "apply", lab().path("etc/narrow.d"), "--max-cut", "0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.errors.find("ana-laptop  ana@example.com"), std::string::npos) << refused.errors;
  EXPECT_EQ(lab().read(kFile), wide_) << "the policy directory is as it was";
  EXPECT_EQ(policy_status().value("version", 0), 1);
  EXPECT_FALSE(download.wait(Seconds{2}).has_value()) << download.output();
  EXPECT_TRUE(web_works());
  const auto forced = lab().ctl({"policy", "apply", lab().path("etc/narrow.d"), "--max-cut", "1"});
  EXPECT_TRUE(forced.ok()) << forced.text();
  EXPECT_EQ(lab().read(kFile), narrow());
  EXPECT_TRUE(download.wait(Seconds{8}).has_value());
}

TEST_F(PolicyChange, CountsASessionThatLosesWhatItDoesNotUseAtTheMoment) {
  fs::create_directory(lab().path("etc/narrow.d"));
  lab().write("etc/narrow.d/10-lab.toml", narrow());
  const auto refused = lab().ctl({"policy", "apply", lab().path("etc/narrow.d"), "--max-cut", "0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.errors.find("1 of 1 live session would lose access"), std::string::npos) << refused.errors;
  EXPECT_TRUE(web_works());
}

TEST_F(PolicyChange, GoesBackByItselfWhenNobodyConfirms) {
  write_policy(narrow());
  auto answer = must({"policy", "apply", "--confirm", "10s"});
  EXPECT_EQ(answer["pending"]["previous"], 1) << answer;
  EXPECT_FALSE(web_works());
  EXPECT_EQ(lab().ctl({"policy", "apply"}).exit_code, 1) << "one trial at a time";
  const auto from = std::chrono::steady_clock::now();
  ASSERT_TRUE(web_works_soon());
  const Seconds took = std::chrono::steady_clock::now() - from;
  std::cout << "the web was back " << took.count() << " s after the apply\n";
  EXPECT_LT(took.count(), 15);
  EXPECT_EQ(policy_status().value("version", 0), 3);
  EXPECT_EQ(history()[0]["how"], "revert");
  EXPECT_EQ(lab().audit_count("policy.revert"), 1U);
  const auto reload = lab().ctl({"reload"});
  EXPECT_TRUE(reload.ok()) << reload.text();
  EXPECT_NE(reload.errors.find("version 3 stays"), std::string::npos) << reload.text();
  EXPECT_TRUE(must({"reload"}).value("held", false));
  EXPECT_TRUE(policy_status().value("held", false));
  EXPECT_TRUE(web_works());
  restart();
  EXPECT_TRUE(web_works_soon()) << "the directory still holds what nobody confirmed";
  write_policy(wide_ + "# looked at again\n");
  EXPECT_FALSE(must({"reload"}).value("held", true));
  EXPECT_FALSE(policy_status().value("held", true));
}

TEST_F(PolicyChange, StartsWithWhatCameBeforeATrialWhenTheGatewayWasKilledMeanwhile) {
  write_policy(narrow());
  (void)must({"policy", "apply", "--confirm", "1h"});
  ASSERT_FALSE(web_works());
  restart("KILL");
  EXPECT_TRUE(web_works_soon());
  EXPECT_EQ(policy_status().value("version", 0), 3);
  EXPECT_EQ(history()[0]["how"], "revert");
  EXPECT_EQ(lab().ctl({"policy", "confirm"}).exit_code, 1) << "too late";
  const auto check = lab().run_at(Place::Gateway, {Lab::build_root() + "/server/gateway/sallyport-gateway", "--config",
                                                   lab().env("LAB_CONFIG"), "--check"});
  EXPECT_TRUE(check.ok()) << check.text();
  EXPECT_NE(check.output.find("version 3 of the history would run"), std::string::npos) << check.text();
  const auto again = must({"policy", "apply"});
  EXPECT_EQ(again.value("version", 0), 4) << "applied on purpose";
  EXPECT_FALSE(web_works());
  restart("KILL");
  EXPECT_EQ(policy_status().value("version", 0), 4);
}

TEST_F(PolicyChange, StaysWhenItWasConfirmedAlsoOverARestart) {
  write_policy(narrow());
  (void)must({"policy", "apply", "--confirm", "10s"});
  EXPECT_EQ(lab().ctl({"policy", "confirm", "1"}).exit_code, 1) << "another's trial";
  const auto confirmed = lab().ctl({"policy", "confirm", "2"});
  EXPECT_TRUE(confirmed.ok()) << confirmed.text();
  EXPECT_NE(confirmed.output.find("Version 2"), std::string::npos) << confirmed.output;
  EXPECT_EQ(lab().audit_count("policy.confirm"), 1U);
  restart("KILL");
  EXPECT_EQ(policy_status().value("version", 0), 2);
  ASSERT_TRUE(lab().wait_online());
  std::this_thread::sleep_for(std::chrono::seconds{11});
  EXPECT_EQ(policy_status().value("version", 0), 2);
  EXPECT_FALSE(web_works());
}

TEST_F(PolicyChange, LetsRevocationThroughWhileAPolicyIsOnTrial) {
  write_policy(wide_ + "# on trial\n");
  (void)must({"policy", "apply", "--confirm", "1h"});
  EXPECT_TRUE(lab().ctl({"reload"}).ok()) << "the directory holds what runs";
  write_policy(narrow());
  const auto number = must({"crl", "issue"}).value("crl_number", 0);
  const auto reload = lab().ctl({"--json", "reload"});
  EXPECT_EQ(reload.exit_code, 1);
  EXPECT_NE(reload.output.find("waits for confirmation"), std::string::npos) << reload.text();
  const auto log_before = lab().read("log/sallyport-gateway.log").size();
  EXPECT_EQ(::kill(lab().pid_of("sallyport-gateway"), SIGHUP), 0);
  EXPECT_TRUE(eventually([&] {
    return lab().read("log/sallyport-gateway.log").substr(log_before).find("policy.not_reloaded") != std::string::npos;
  }));
  EXPECT_TRUE(web_works()) << "the policy on trial stays";
  EXPECT_EQ(must({"status"})["trust"]["crl_number"], number) << "revocation waits for nobody";
  const auto revoked = lab().ctl({"devices", "revoke", lab().env("LAB_DEVICE")});
  EXPECT_TRUE(revoked.ok()) << revoked.text();
  EXPECT_TRUE(eventually([&] { return !lab().is_online(); }));
  EXPECT_TRUE(policy_status()["pending"].is_object()) << "still on trial";
}

TEST_F(PolicyChange, RollsBackUnderALiveDownloadAndKeepsToItOverARestart) {
  write_policy(narrow());
  (void)must({"policy", "apply"});
  ASSERT_FALSE(web_works());
  const auto back = lab().ctl({"policy", "rollback"});
  EXPECT_TRUE(back.ok()) << back.text();
  EXPECT_NE(back.output.find("the files of version 1 again"), std::string::npos) << back.output;
  EXPECT_TRUE(web_works());
  EXPECT_EQ(lab().read(kFile), narrow()) << "the policy directory is not the gateway's to change";
  restart("KILL");
  EXPECT_TRUE(web_works_soon());
  auto download = live_download();
  EXPECT_EQ(lab().ctl({"policy", "rollback", "2", "--max-cut", "0"}).exit_code, 1);
  EXPECT_FALSE(download.wait(Seconds{1}).has_value());
  EXPECT_TRUE(lab().ctl({"policy", "rollback", "2"}).ok());
  EXPECT_TRUE(download.wait(Seconds{8}).has_value());
  EXPECT_FALSE(web_works());
  EXPECT_EQ(lab().audit_count("policy.rollback"), 2U);
}

TEST_F(PolicyChange, ChangesNothingWhenTheCandidateIsWrong) {
  auto download = live_download();
  fs::create_directory(lab().path("etc/bad.d"));
  for (const auto& bad : {wide_ + "who = \n", replaced(wide_, "cannot = [\"10.20.4.10:2222", "cannot = [\"web:8080")}) {
    write_policy(bad);
    const auto refused = lab().ctl({"policy", "apply"});
    EXPECT_EQ(refused.exit_code, 1) << refused.text();
    EXPECT_NE(refused.text().find("10-lab.toml:"), std::string::npos) << refused.text();
    write_policy(wide_);
    lab().write("etc/bad.d/10-lab.toml", bad);
    EXPECT_EQ(lab().ctl({"policy", "apply", lab().path("etc/bad.d")}).exit_code, 1);
    EXPECT_EQ(lab().read(kFile), wide_);
  }
  EXPECT_EQ(policy_status().value("version", 0), 1);
  EXPECT_EQ(history().size(), 1U);
  EXPECT_FALSE(download.wait(Seconds{1}).has_value()) << download.output();
}

TEST_F(PolicyChange, RemembersEveryVersionOverARestart) {
  write_policy(narrow());
  (void)must({"policy", "apply"});
  write_policy(wide_ + "# third\n");
  EXPECT_TRUE(lab().ctl({"reload"}).ok());
  restart();
  auto versions = history();
  ASSERT_EQ(versions.size(), 3U) << versions;
  EXPECT_EQ(versions[0]["how"], "reload");
  EXPECT_EQ(versions[1]["how"], "apply");
  EXPECT_EQ(versions[2]["how"], "start");
  EXPECT_EQ(versions[0]["running"], true);
  EXPECT_EQ(must({"policy", "history", "--show", "2"})["files"][0]["text"], narrow());
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  EXPECT_EQ(history().size(), 3U) << "needs no gateway";
}

TEST_F(PolicyChange, IgnoresADirectoryThatAKilledApplyLeftHalfReplaced) {
  lab().write("etc/policy.d/.apply-under-way", "");
  write_policy(narrow());
  const auto reload = lab().ctl({"reload"});
  EXPECT_EQ(reload.exit_code, 1);
  EXPECT_NE(reload.text().find("cut short"), std::string::npos) << reload.text();
  EXPECT_NE(reload.text().find("certificates and revocation were reloaded"), std::string::npos) << reload.text();
  EXPECT_EQ(policy_status()["changes"]["not_reloaded"]["half_installed"], 1);
  EXPECT_TRUE(web_works());
  restart("KILL");
  EXPECT_TRUE(web_works_soon()) << "what ran before";
  fs::create_directory(lab().path("etc/narrow.d"));
  lab().write("etc/narrow.d/10-lab.toml", narrow());
  const auto applied = lab().ctl({"policy", "apply", lab().path("etc/narrow.d")});
  EXPECT_TRUE(applied.ok()) << applied.text();
  EXPECT_FALSE(fs::exists(lab().path("etc/policy.d/.apply-under-way")));
  EXPECT_FALSE(web_works());
}

/// Wherever the kill falls, the policy that was to be tried out is on trial or nothing is.
TEST_F(PolicyChange, NeverTakesThePolicyOfAKilledApplyWithoutItsConditions) {
  fs::create_directory(lab().path("etc/narrow.d"));
  std::size_t marked = 0;
  for (int i = 0; i < 25; ++i) {
    lab().write("etc/narrow.d/10-lab.toml", narrow() + "# " + std::to_string(i) + "\n");
    const auto command = lab().env("LAB_CTL") + " policy apply " + lab().path("etc/narrow.d") + " --confirm 1h";
    const auto wait = std::to_string(0.002 * i);
    (void)lab().run_at(Place::Gateway,
                       {"sh", "-c", command + " >/dev/null 2>&1 & p=$!; sleep " + wait + "; kill -9 $p; wait $p"});
    if (fs::exists(lab().path("etc/policy.d/.apply-under-way"))) ++marked;
    (void)lab().ctl({"reload"});
    ASSERT_NE(history()[0]["how"], "reload") << "killed after " << wait << " s";
    if (policy_status()["pending"].is_object()) (void)must({"policy", "rollback"});
  }
  std::cout << marked << " of 25 directories were left marked\n";
  restart("KILL");
  EXPECT_TRUE(web_works_soon());
  const auto applied = lab().ctl({"policy", "apply", lab().path("etc/narrow.d")});
  EXPECT_TRUE(applied.ok()) << applied.text();
  EXPECT_FALSE(fs::exists(lab().path("etc/policy.d/.apply-under-way")));
  EXPECT_FALSE(web_works());
}

TEST_F(PolicyChange, AGatewayWithADamagedHistoryRunsItsDirectory) {
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  lab().write("state/policy/record", "nonsense");
  const auto started = lab().start("sallyport-gateway");
  ASSERT_TRUE(started.ok()) << started.text();
  EXPECT_NE(lab().read("log/sallyport-gateway.log").find("policy.history_damaged"), std::string::npos);
  EXPECT_TRUE(web_works_soon());
  EXPECT_EQ(history().size(), 1U);
}

/// Whoever comes second is told so; what runs is at every moment one of the policies whole.
TEST_F(PolicyChange, TakesOneChangeAtATime) {
  std::vector<Background> askers;
  for (const auto* command : {"reload", "policy apply", "policy rollback", "policy apply --confirm 10s"}) {
    const std::string program = "for i in $(seq 40); do " + lab().env("LAB_CTL") + " " + command +
                                " >/dev/null 2>&1; s=$?; [ $s -le 1 ] || exit $s; done";
    askers.push_back(lab().start_at(Place::Gateway, {"sh", "-c", program}, "asker" + std::to_string(askers.size())));
  }
  for (int i = 0; i < 60; ++i) {
    write_policy((i % 2 == 0 ? narrow() : wide_) + "# " + std::to_string(i) + "\n");
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  for (auto& asker : askers) EXPECT_EQ(asker.wait(Seconds{60}), 0) << asker.output();
  (void)lab().ctl({"policy", "confirm"});
  auto versions = history();
  ASSERT_FALSE(versions.empty());
  EXPECT_EQ(versions[0]["digest"], policy_status().value("digest", ""));
  std::cout << versions[0]["version"] << " versions came in force\n";
  EXPECT_GT(versions[0]["version"], 10);
}

}  // namespace
}  // namespace sallyport::lab
