#include "tests/system/support/fixture.hpp"

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <regex>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// Files that are wrong change nothing that runs, and are named with their place.
class Reload : public SharedLab<Reload> {
 protected:
  /// With `file` as given: reload, trust and --check refuse, naming `words`; what runs goes on. Then it is put back.
  void expect_refused(const std::string& file, const std::optional<std::string>& content, const std::string& words) {
    const auto good = lab().read(file);
    const auto policy = policy_hash();
    if (content)
      lab().write(file, *content);
    else
      std::filesystem::remove(lab().path(file));
    refuse_everywhere(file, words);
    // sallyportctl finds the gateway by the same file.
    if (file != "etc/gateway.toml") {
      EXPECT_EQ(policy_hash(), policy);
    }
    EXPECT_TRUE(lab().is_online());
    EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
    EXPECT_EQ(lab().fetch(lab().env("LAB_FORBIDDEN")).exit_code, 7);
    lab().write(file, good);
    ASSERT_EQ(::chmod(lab().path(file).c_str(), file.rfind("state", 0) == 0 ? 0600 : 0644), 0);
    EXPECT_TRUE(lab().ctl({"reload"}).ok()) << lab().ctl({"reload"}).text();
    EXPECT_TRUE(lab().wait_online());
  }
  void refuse_everywhere(const std::string& file, const std::string& words) {
    const auto reload = lab().ctl({"reload"});
    EXPECT_EQ(reload.exit_code, 1) << reload.text();
    EXPECT_NE(reload.text().find(words), std::string::npos) << reload.text();
    const auto log_before = lab().read("log/sallyport-gateway.log").size();
    EXPECT_EQ(::kill(lab().pid_of("sallyport-gateway"), SIGHUP), 0);
    EXPECT_TRUE(eventually([&] {
      return lab().read("log/sallyport-gateway.log").substr(log_before).find("reload.refused") != std::string::npos;
    })) << "SIGHUP says it too";
    const auto check = gateway_check();
    EXPECT_EQ(check.exit_code, 78) << check.text();
    EXPECT_NE(check.text().find(words), std::string::npos) << check.text();
    std::cout << file << ": " << reload.text();
  }
  static Ran gateway_check() {
    return lab().run_at(Place::Gateway, {Lab::build_root() + "/server/gateway/sallyport-gateway", "--config",
                                         lab().env("LAB_CONFIG"), "--check"});
  }
  static std::string policy_hash() {
    const auto status = lab().ctl({"--json", "status"}).last_line();
    return status.is_object() ? status.value("policy", json::object()).value("hash", "") : "";
  }
  static void make_crl(const Words& arguments) {
    Words words{lab().env("LAB_CA"), lab().path("state/ca/ca.key"), lab().path("state/crl.pem")};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto ran = run(Lab::script("make_crl.py", words));
    ASSERT_TRUE(ran.ok()) << ran.text();
  }
};

TEST_F(Reload, GoodFilesAreGood) {
  EXPECT_TRUE(gateway_check().ok()) << gateway_check().text();
  EXPECT_TRUE(lab().ctl({"reload"}).ok());
  EXPECT_TRUE(lab().ctl({"policy", "check"}).ok());
  EXPECT_TRUE(lab().ctl({"policy", "test"}).ok());
}

TEST_F(Reload, AFileThatDoesNotCountIsNamedWhereverThePolicyIsRead) {
  lab().write("etc/policy.d/90-deny.tml", "version = 1\n");
  const std::string words = "90-deny.tml: warning: does not count: its name does not end in .toml";
  const auto check = gateway_check();
  EXPECT_TRUE(check.ok());
  EXPECT_NE(check.text().find(words), std::string::npos) << check.text();
  const auto reload = lab().ctl({"reload"});
  EXPECT_TRUE(reload.ok());
  EXPECT_NE(reload.text().find(words), std::string::npos) << reload.text();
  const auto log_before = lab().read("log/sallyport-gateway.log").size();
  EXPECT_EQ(::kill(lab().pid_of("sallyport-gateway"), SIGHUP), 0);
  EXPECT_TRUE(eventually(
      [&] { return lab().read("log/sallyport-gateway.log").substr(log_before).find(words) != std::string::npos; }));
  std::filesystem::remove(lab().path("etc/policy.d/90-deny.tml"));
}

TEST_F(Reload, ABrokenPolicyIsNamedWithItsPlace) {
  const auto policy = lab().read("etc/policy.d/10-lab.toml");
  expect_refused("etc/policy.d/10-lab.toml", policy + "who = \n", "10-lab.toml:");
  const auto unknown = replaced(policy, "[allow.staff-web]\nwho", "[allow.staff-web]\nwhom");
  lab().write("etc/policy.d/10-lab.toml", unknown);
  const auto reload = lab().ctl({"reload"});
  EXPECT_TRUE(std::regex_search(reload.text(), std::regex{"10-lab\\.toml:\\d+:\\d+"})) << reload.text();
  lab().write("etc/policy.d/10-lab.toml", policy);
}

TEST_F(Reload, APolicyThatFailsItsOwnTestsIsNotTaken) {
  const auto policy = lab().read("etc/policy.d/10-lab.toml");
  expect_refused("etc/policy.d/10-lab.toml",
                 replaced(policy, "cannot = [\"10.20.4.10:2222/tcp\"", "cannot = [\"web:8080/tcp\""), "10-lab.toml:");
}

TEST_F(Reload, ABrokenConfigurationIsNamedWithItsPlace) {
  const auto config = lab().read("etc/gateway.toml");
  expect_refused("etc/gateway.toml", config + "polcy = \"x\"\n", "gateway.toml:");
  expect_refused("etc/gateway.toml", replaced(config, "version      = 1", "version = "), "gateway.toml:");
}

TEST_F(Reload, AMissingAuthorityOrRevocationListIsRefused) {
  expect_refused("state/ca/ca.pem", std::nullopt, "ca.pem");
  expect_refused("state/crl.pem", std::nullopt, "crl.pem");
}

TEST_F(Reload, ABrokenRevocationListIsRefused) { expect_refused("state/crl.pem", "not a list\n", "crl.pem"); }

TEST_F(Reload, AForgedOrOlderRevocationListIsRefused) {
  const auto status = lab().ctl({"--json", "status"}).last_line();
  const auto number =
      status.is_object() ? status.value("trust", json::object()).value("crl_number", std::uint64_t{1}) : 1;
  make_crl({std::to_string(number + 10), "0", "30"});
  const auto newer = lab().ctl({"reload"});
  ASSERT_TRUE(newer.ok()) << "a newer list is taken: " << newer.text();
  for (const auto& arguments :
       {Words{std::to_string(number + 5), "0", "30"}, Words{std::to_string(number + 20), "0", "30", "forged"}}) {
    const auto kept = lab().read("state/crl.pem");
    make_crl(arguments);
    refuse_everywhere("state/crl.pem " + arguments[0] + (arguments.size() > 3 ? " forged" : ""), "crl.pem");
    EXPECT_TRUE(lab().is_online());
    lab().write("state/crl.pem", kept);
  }
  EXPECT_TRUE(lab().ctl({"reload"}).ok()) << lab().ctl({"reload"}).text();
}

/// What a start does with revocation lists that are not as they should be.
class StartWithRevocation : public OwnLab {
 protected:
  [[nodiscard]] bool client_up() const override { return false; }
  Ran start_with(const std::function<void()>& change) {
    EXPECT_TRUE(lab().stop("sallyport-gateway").ok());
    change();
    return lab().run_at(Place::Gateway, {"timeout", "2", Lab::build_root() + "/server/gateway/sallyport-gateway",
                                         "--config", lab().env("LAB_CONFIG")});
  }
  void make_crl(const Words& arguments) {
    Words words{lab().env("LAB_CA"), lab().path("state/ca/ca.key"), lab().path("state/crl.pem")};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto ran = run(Lab::script("make_crl.py", words));
    ASSERT_TRUE(ran.ok()) << ran.text();
  }
};

TEST_F(StartWithRevocation, IsRefusedWithoutAListOrWithAForgedOrOlderOne) {
  const auto good = lab().read("state/crl.pem");
  const auto expect_refused = [&](const char* what, const std::function<void()>& change) {
    const auto ran = start_with(change);
    EXPECT_EQ(ran.exit_code, 78) << what << ": " << ran.text();
    EXPECT_NE(ran.text().find("crl.pem"), std::string::npos) << what << ": " << ran.text();
    lab().write("state/crl.pem", good);
    EXPECT_EQ(::chmod(lab().path("state/crl.pem").c_str(), 0600), 0);
    const auto again = lab().start("sallyport-gateway");
    EXPECT_TRUE(again.ok()) << what << ": " << again.text();
  };
  expect_refused("missing", [&] { std::filesystem::remove(lab().path("state/crl.pem")); });
  expect_refused("forged", [&] { make_crl({"99", "0", "30", "forged"}); });
  expect_refused("lower number", [&] { make_crl({"0", "0", "30"}); });
}

TEST_F(StartWithRevocation, ServesNobodyWithAnExpiredList) {
  const auto ran = start_with([&] { make_crl({"99", "-40", "-1"}); });
  if (ran.exit_code == 78) {
    std::cout << "an expired list stops the start: " << ran.text();
    EXPECT_NE(ran.text().find("revocation list has expired"), std::string::npos);
    return;
  }
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  const auto tried = lab().tool("plain_client.py", {"ping", "10.20.4.10"});
  EXPECT_FALSE(tried.ok()) << tried.text();
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused", "crl_expired") > 0; }));
  EXPECT_EQ(lab().audit_count("session.open"), 0U);
}

TEST_F(StartWithRevocation, RefusesKeysThatOthersMayRead) {
  const auto ran = start_with([&] { ASSERT_EQ(::chmod(lab().path("state/gateway.key").c_str(), 0644), 0); });
  EXPECT_EQ(ran.exit_code, 78) << ran.text();
  EXPECT_NE(ran.text().find("gateway.key"), std::string::npos) << ran.text();
}

}  // namespace
}  // namespace sallyport::lab
