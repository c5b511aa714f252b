// E-7 of the fault table: the wall clock of the gateway, or of the laptop, jumps by an hour and by ten years in both
// directions, while traffic goes on. libfaketime sets it; the steady clock is left alone, as the kernel does.

#include "tests/system/support/fixture.hpp"
#include "tests/system/support/sanitized.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
using std::chrono::milliseconds;

std::string find_library() {
  for (const auto* directory : {"/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime",
                                "/usr/lib/faketime", "/usr/lib64/faketime"}) {
    const auto path = std::string{directory} + "/libfaketimeMT.so.1";
    if (::access(path.c_str(), R_OK) == 0) return path;
  }
  return {};
}

/// A clock that programs of the lab read through a file.
class FalseClock {
 public:
  FalseClock() {
    if (::mkdtemp(directory_.data()) == nullptr) ADD_FAILURE() << "no directory under /tmp";
    set("+0");
  }
  ~FalseClock() { std::filesystem::remove_all(directory_); }
  FalseClock(const FalseClock&) = delete;
  FalseClock& operator=(const FalseClock&) = delete;

  /// From now on, against the true time: "+0", "-1h", "+10y".
  void set(const std::string& offset) const {
    std::ofstream{file() + ".new"} << offset << '\n';
    std::filesystem::rename(file() + ".new", file());
  }
  /// To be put in front of a program.
  [[nodiscard]] std::string wrap() const {
    return "env LD_PRELOAD=" + find_library() + " FAKETIME_TIMESTAMP_FILE=" + file() +
           " FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1";
  }

 private:
  [[nodiscard]] std::string file() const { return directory_ + "/clock"; }
  std::string directory_ = "/tmp/sallyport-clock.XXXXXX";
};

class Clocks : public OwnLab {
 protected:
  void SetUp() override {
    if (find_library().empty()) GTEST_SKIP() << "no libfaketime here";
    if (kKeepsFreedMemory) GTEST_SKIP() << "a sanitizer and libfaketime both want to be loaded first";
    ::setenv("LAB_WRAP", gateway_clock_.wrap().c_str(), 1);
    ::setenv("LAB_WRAP_CLIENT", laptop_clock_.wrap().c_str(), 1);
    OwnLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // A rule that asks for a key proved seconds ago: a jump must not make it look old.
    const auto policy = lab().read("etc/policy.d/10-lab.toml");
    use_policy(replaced(policy, "to  = [\"web\", \"ping\"]", "to  = [\"web\", \"ping\"]\nkey_age = \"20s\""));
  }
  void TearDown() override {
    ::unsetenv("LAB_WRAP");
    ::unsetenv("LAB_WRAP_CLIENT");
    OwnLab::TearDown();
  }
  void use_policy(const std::string& text) {
    lab().write("etc/policy.d/10-lab.toml", text);
    const auto ran = lab().ctl({"reload"});
    ASSERT_TRUE(ran.ok()) << ran.text();
  }
  [[nodiscard]] bool reaches() { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }
  [[nodiscard]] bool reaches_within(Seconds limit) {
    return eventually([this] { return reaches(); }, limit);
  }

  /// A download that must not end, and what its end was if it did.
  Background live_download(const std::string& name = "download") {
    auto download =
        lab().start_at(Place::Laptop, Lab::script("download.py", {lab().env("LAB_ALLOWED"), "/stream", "4"}), name);
    EXPECT_TRUE(eventually([&] { return download.output().find("first") != std::string::npos; })) << download.output();
    return download;
  }
  void expect_alive(Background& download, const std::string& when) {
    EXPECT_EQ(download.wait(milliseconds{2'500}), std::nullopt) << when << ": " << download.output();
    EXPECT_EQ(lab().audit_count("session.close"), 0U) << when;
    EXPECT_TRUE(reaches()) << when;
  }
  [[nodiscard]] json clock_status() {
    const auto status = lab().ctl({"--json", "status"}).last_line();
    return status.is_object() ? status.value("clock", json::object()) : json::object();
  }
  [[nodiscard]] bool alarms() { return clock_status().value("alarm", false); }
  bool eventually_alarms(bool wanted) {
    return eventually([&] { return alarms() == wanted; }, Seconds{4});
  }
  void restart_gateway() {
    ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
    const auto started = lab().start("sallyport-gateway");
    ASSERT_TRUE(started.ok()) << started.text();
  }

  FalseClock gateway_clock_;
  FalseClock laptop_clock_;
};

TEST_F(Clocks, AnHourInEitherDirectionAtTheGatewayDropsNothing) {
  Watch watch{lab()};
  auto download = live_download();
  for (const auto* offset : {"+1h", "+0", "-1h", "+0"}) {
    gateway_clock_.set(offset);
    expect_alive(download, offset);
  }
  EXPECT_EQ(lab().audit_count("attestation.refused"), 0U);
  EXPECT_GT(lab().audit_count("clock.behind"), 0U) << "after the hour forward, the right time was behind";
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
}

/// Ten years back no certificate is valid yet, but who is in stays in, and timers go on.
TEST_F(Clocks, TenYearsBackAtTheGatewayDropNothingAndAreTold) {
  auto download = live_download();
  gateway_clock_.set("-10y");
  EXPECT_TRUE(eventually_alarms(true)) << clock_status();
  expect_alive(download, "-10y");
  const auto told = lab().ctl({"status"}).text();
  EXPECT_NE(told.find("behind what was seen before"), std::string::npos) << told;
  EXPECT_NE(lab().read("log/sallyport-gateway.log").find("sallyportctl clock accept"), std::string::npos);
  gateway_clock_.set("+0");
  EXPECT_TRUE(eventually_alarms(false));
  expect_alive(download, "back");
}

/// Ten years forward everything has expired; the clock that is right again revives nothing until somebody says so.
TEST_F(Clocks, WhatExpiredInTheFutureStaysOutUntilAnAdministratorAcceptsTheClock) {
  auto download = live_download();
  gateway_clock_.set("+10y");
  EXPECT_TRUE(download.wait(Seconds{8}).has_value()) << "the session has no end";
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.close") > 0; }));
  // The control thread looks at its clocks once a second.
  std::this_thread::sleep_for(milliseconds{2'500});
  gateway_clock_.set("+0");
  EXPECT_TRUE(eventually_alarms(true));
  (void)lab().client({"down"});
  (void)lab().client({"up"});
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused") > 0; }, Seconds{15}));
  EXPECT_FALSE(reaches());
  restart_gateway();
  EXPECT_TRUE(alarms()) << "a restart forgets nothing: " << clock_status();
  std::this_thread::sleep_for(milliseconds{2'000});
  EXPECT_FALSE(reaches());
  const auto accepted = lab().ctl({"clock", "accept"});
  ASSERT_TRUE(accepted.ok()) << accepted.text();
  EXPECT_FALSE(alarms());
  EXPECT_EQ(lab().audit_count("clock.accepted"), 1U);
  (void)lab().client({"down"});
  (void)lab().client({"up"});
  EXPECT_TRUE(reaches_within(Seconds{20})) << lab().client({"status"}).text();
}

TEST_F(Clocks, ARevokedDeviceStaysOutWhateverTheClockSays) {
  ASSERT_TRUE(lab().ctl({"devices", "revoke", lab().env("LAB_DEVICE")}).ok());
  for (const auto* offset : {"-1h", "-10y", "+1h", "+0"}) {
    gateway_clock_.set(offset);
    std::this_thread::sleep_for(milliseconds{1'200});
    const auto refused = lab().audit_count("handshake.refused");
    (void)lab().client({"down"});
    (void)lab().client({"up"});
    EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused") > refused; }, Seconds{15})) << offset;
    EXPECT_FALSE(lab().is_online()) << offset;
  }
  EXPECT_GT(lab().audit_count("handshake.refused", "revoked"), 0U);
  EXPECT_EQ(lab().audit_count("session.open"), 1U) << "the one before";
}

/// The lab's authority is minutes old: with a clock of an hour ago nothing is valid yet, and a start says so.
TEST_F(Clocks, AStartWithAClockBeforeTheAuthorityIsRefusedInOneLine) {
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  gateway_clock_.set("-1h");
  std::istringstream words{gateway_clock_.wrap() + " timeout 5 " + Lab::build_root() +
                           "/server/gateway/sallyport-gateway --config " + lab().env("LAB_CONFIG")};
  const auto ran = lab().run_at(Place::Gateway, {std::istream_iterator<std::string>{words}, {}});
  EXPECT_EQ(ran.exit_code, 78) << ran.text();
  EXPECT_NE(ran.text().find("check this machine's clock"), std::string::npos) << ran.text();
}

/// Hours in a policy are those that the wall clock shows, whatever certificates are judged by.
TEST_F(Clocks, HoursFollowTheWallClock) {
  const std::time_t now = std::time(nullptr);
  const auto clock = [&](std::time_t offset) {
    const std::time_t then = now + offset;
    std::tm civil{};
    ::gmtime_r(&then, &civil);
    std::array<char, 6> text{};
    (void)std::strftime(text.data(), text.size(), "%H:%M", &civil);
    return std::string{text.data()};
  };
  const auto window = clock(-20 * 60) + "-" + clock(20 * 60);
  const auto policy = lab().read("etc/policy.d/10-lab.toml");
  auto timed = replaced(policy, "[allow.staff-web]",
                        "[hours]\nnow = { time = \"" + window + "\", zone = \"UTC\" }\n[allow.staff-web]");
  timed = replaced(timed, "key_age = \"20s\"", "key_age = \"20s\"\nduring = \"now\"");
  // The test inside says nothing of the hour.
  use_policy(timed.substr(0, timed.find("[[test]]")));
  EXPECT_TRUE(reaches());
  for (const auto* offset : {"+1h", "-1h"}) {
    gateway_clock_.set(offset);
    EXPECT_TRUE(eventually([&] { return !reaches(); }, Seconds{4})) << offset;
    gateway_clock_.set("+0");
    EXPECT_TRUE(reaches_within(Seconds{4})) << offset;
  }
  EXPECT_EQ(lab().audit_count("session.close"), 0U);
}

TEST_F(Clocks, JumpsOfTheLaptopsClockDropNothing) {
  auto download = live_download();
  for (const auto* offset : {"+1h", "-1h", "+10y", "-10y", "+0"}) {
    laptop_clock_.set(offset);
    expect_alive(download, offset);
  }
}

/// A laptop that believes to be in another decade trusts no gateway, and is told why; with the right time it is back.
TEST_F(Clocks, ALaptopInAnotherDecadeConnectsToNobody) {
  for (const auto* offset : {"+10y", "-10y"}) {
    laptop_clock_.set(offset);
    (void)lab().client({"down"});
    (void)lab().client({"up"});
    std::this_thread::sleep_for(milliseconds{1'500});
    EXPECT_FALSE(lab().is_online()) << offset;
  }
  laptop_clock_.set("+0");
  (void)lab().client({"down"});
  (void)lab().client({"up"});
  EXPECT_TRUE(reaches_within(Seconds{15})) << lab().client({"status"}).text();
}

}  // namespace
}  // namespace sallyport::lab
