#include "tests/system/support/certificates.hpp"

#include <csignal>
#include <iostream>
#include <random>
#include <set>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// A gateway that dies by SIGKILL while an administrator cuts somebody off.
class KilledRevocation : public CertificateLab {
 protected:
  static constexpr const char* kDevice = "ana-killed";
  static constexpr const char* kUser = "ana@example.com";

  void SetUp() override {
    CertificateLab::SetUp();
    if (HasFatalFailure() || IsSkipped()) return;
    make_request("held");
    certify();
  }
  void certify() {
    const auto ran = lab().ctl({"devices", "enroll", "--user", kUser, "--id", kDevice, "--csr", lab().path("held.der"),
                                "--out", lab().path("held.pem")});
    ASSERT_TRUE(ran.ok()) << ran.text();
  }
  bool is_let_in() {
    const auto ran = run(lab().at(
        Place::Internet, Lab::script("hostile_tls.py", {"203.0.113.2:443", "vpn.example.com", lab().path("held.pem"),
                                                        lab().path("held.key"), "good"})));
    return ran.output.find("101 Switching") != std::string::npos;
  }
  /// Runs the command and kills the gateway somewhere on the way; the gateway is back afterwards.
  Ran interrupted(const Words& words) {
    Background command{lab().command("LAB_CTL", words), lab().path("log/command.log")};
    std::this_thread::sleep_for(std::chrono::microseconds{std::uniform_int_distribution<int>{0, 60'000}(random_)});
    EXPECT_EQ(::kill(lab().pid_of("sallyport-gateway"), SIGKILL), 0);
    const auto code = command.wait(Seconds{12});
    EXPECT_TRUE(code) << "the command does not end: " << command.output();
    EXPECT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
    const auto started = lab().start("sallyport-gateway");
    EXPECT_TRUE(started.ok()) << started.text();
    return {code.value_or(-1), command.output(), {}};
  }
  void expect_no_address_twice() {
    std::set<std::string> seen;
    for (const auto& each : devices()) {
      if (!each["v4"].is_string()) continue;
      EXPECT_TRUE(seen.insert(each["v4"].get<std::string>()).second) << each;
    }
  }
  std::mt19937 random_{std::random_device{}()};
};

TEST_F(KilledRevocation, LetsNobodyBackInWhomACommandCutOff) {
  const std::vector<std::pair<Words, Words>> acts{
      {{"devices", "revoke", kDevice}, {}},
      {{"devices", "disable", kDevice}, {"devices", "enable", kDevice}},
      {{"users", "disable", kUser}, {"users", "enable", kUser}},
  };
  int confirmed = 0;
  int alone = 0;
  for (int i = 0; i < kill_tries() && !HasFailure(); ++i) {
    const auto& [act, undo] = acts[static_cast<std::size_t>(i) % acts.size()];
    ASSERT_TRUE(is_let_in()) << "before " << act[1];
    const auto ran = interrupted(act);
    ran.ok() ? ++confirmed : ++alone;
    // Whether it said yes or that nobody confirmed: it is on record, and the gateway that comes back goes by that.
    EXPECT_FALSE(is_let_in()) << act[0] << ' ' << act[1] << " had said: " << ran.output;
    expect_no_address_twice();
    if (undo.empty())
      certify();
    else
      EXPECT_TRUE(lab().ctl(undo).ok());
  }
  std::cout << kill_tries() << " kills; the command succeeded in " << confirmed
            << " and said that nothing confirmed it in " << alone << '\n';
}

}  // namespace
}  // namespace sallyport::lab
