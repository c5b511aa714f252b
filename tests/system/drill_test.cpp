#include "tests/system/support/fixture.hpp"

#include <csignal>
#include <iostream>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

class Drill : public OwnLab {
 protected:
  bool client_up() const override { return false; }
  json devices() { return lab().ctl({"--json", "devices", "list"}).last_line().value("devices", json::array()); }
  bool has_drill_device() {
    for (const auto& each : devices()) {
      if (each.value("device", "").starts_with("revocation-drill-")) return true;
    }
    return false;
  }
  std::size_t sessions() { return lab().ctl({"--json", "sessions", "list"}).last_line()["sessions"].size(); }
};

TEST_F(Drill, ShowsOnTheRunningGatewayHowFastARevocationIsAndLeavesNothing) {
  const auto before = devices().size();
  const auto ran = lab().ctl({"--json", "revoke", "--drill"}, Seconds{30});
  ASSERT_TRUE(ran.ok()) << ran.text();
  const auto told = json::parse(ran.output, nullptr, false);
  std::cout << told.dump() << '\n';
  EXPECT_EQ(told.value("passed", false), true);
  EXPECT_GE(told.value("arrived", 0), 100);
  EXPECT_LE(told.value("last_packet_ms", 1e9), 1000.0);
  EXPECT_LE(told.value("closed_ms", 1e9), 1000.0);
  EXPECT_EQ(told.value("reason", ""), "device_revoked");
  EXPECT_EQ(told.value("refused_again", false), true);
  EXPECT_EQ(devices().size(), before);
  EXPECT_FALSE(has_drill_device());
  EXPECT_EQ(sessions(), 0U);
  EXPECT_EQ(lab().audit_count("drill.begun"), 1U);
  EXPECT_EQ(lab().audit_count("device.revoked"), 1U);
  EXPECT_EQ(lab().audit_count("session.close", "device_revoked"), 1U);
  EXPECT_TRUE(eventually([&] { return lab().audit_count("drill.ended") == 1; }));
  const auto cut = lab().ctl({"--json", "status"}).last_line()["cut"]["revoke"];
  EXPECT_EQ(cut.value("count", 0), 1) << "and the gateway measured the same: " << cut;
  const auto again = lab().ctl({"revoke", "--drill", "--within", "2s"}, Seconds{30});
  EXPECT_TRUE(again.ok()) << "it can be repeated: " << again.text();
  EXPECT_NE(again.output.find("Passed: within 2000 ms"), std::string::npos) << again.text();
}

TEST_F(Drill, HasTheExitCodeOfItsFigures) {
  // Some machines take longer than a millisecond, and some do not.
  const auto ran = lab().ctl({"--json", "revoke", "--drill", "--within", "1ms"}, Seconds{30});
  const auto told = json::parse(ran.output, nullptr, false);
  ASSERT_TRUE(told.is_object()) << ran.text();
  const bool is_fast = told.value("closed_ms", 9.0) <= 1 && told.value("last_packet_ms", 9.0) <= 1;
  EXPECT_EQ(ran.exit_code, is_fast ? 0 : 1) << told;
  EXPECT_EQ(told.value("passed", !is_fast), is_fast);
  EXPECT_EQ(told.value("ok", !is_fast), is_fast);
  EXPECT_FALSE(has_drill_device());
}

TEST_F(Drill, LeavesNothingWhenItIsKilled) {
  for (int i = 0; i < 3; ++i) {
    Background drill{lab().command("LAB_CTL", {"revoke", "--drill"}), lab().path("log/drill.log")};
    ASSERT_TRUE(eventually([&] { return sessions() == 1; })) << drill.output();
    std::this_thread::sleep_for(std::chrono::milliseconds{20 * i});
    ::kill(drill.id(), SIGKILL);
    (void)drill.wait(Seconds{5});
    EXPECT_TRUE(eventually([&] { return sessions() == 0 && !has_drill_device(); })) << devices();
  }
  EXPECT_TRUE(lab().ctl({"revoke", "--drill"}, Seconds{30}).ok()) << "and the next one is not in its way";
}

TEST_F(Drill, IsSweptAwayWhenToolAndGatewayDie) {
  Background drill{lab().command("LAB_CTL", {"revoke", "--drill"}), lab().path("log/drill.log")};
  ASSERT_TRUE(eventually([&] { return sessions() == 1; })) << drill.output();
  ::kill(lab().pid_of("sallyport-gateway"), SIGKILL);
  ::kill(drill.id(), SIGKILL);
  (void)drill.wait(Seconds{5});
  ASSERT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  EXPECT_FALSE(has_drill_device());
}

TEST_F(Drill, IsNoWayIn) {
  const auto forged = run(Lab::script(
      "forge_device.py", {lab().path("state"), "revocation-drill-forged", "revocation-drill@sallyport.invalid",
                          lab().path("forged.key"), lab().path("forged.pem"), "3600"}));
  ASSERT_TRUE(forged.ok()) << forged.text();
  ASSERT_TRUE(has_drill_device());
  const auto knock = [&] {
    return run(lab().at(Place::Internet,
                        Lab::script("hostile_tls.py", {"203.0.113.2:443", "vpn.example.com", lab().path("forged.pem"),
                                                       lab().path("forged.key"), "good"})));
  };
  const auto alone = knock();
  EXPECT_NE(alone.output.find("403 Forbidden"), std::string::npos) << alone.text();
  EXPECT_EQ(alone.output.find("101 Switching"), std::string::npos) << alone.text();
  EXPECT_EQ(lab().audit_count("session.refused", "no_drill"), 1U);
  // A drill lets in its own device and no other, and takes this one off the record.
  EXPECT_TRUE(lab().ctl({"revoke", "--drill"}, Seconds{30}).ok());
  EXPECT_FALSE(has_drill_device());
  EXPECT_EQ(knock().output.find("101 Switching"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::lab
