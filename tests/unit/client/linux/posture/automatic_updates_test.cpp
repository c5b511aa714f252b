#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

constexpr const char* kWanted = "/etc/systemd/system/timers.target.wants/";

class AutomaticUpdates : public testing::Test {
 protected:
  void apt(const std::string& upgrades) const {
    system.write("/usr/bin/unattended-upgrade", "");
    system.write("/etc/apt/apt.conf.d/20auto-upgrades",
                 "APT::Periodic::Update-Package-Lists \"1\";\n"
                 "APT::Periodic::Unattended-Upgrade \"" +
                     upgrades + "\";\n");
    for (const auto* timer : {"apt-daily.timer", "apt-daily-upgrade.timer"}) {
      system.remove(kWanted + std::string{timer});
      enable(timer);
    }
  }
  void dnf(const std::string& apply) const {
    system.write("/etc/dnf/automatic.conf", "[commands]\napply_updates = " + apply + '\n');
  }
  void enable(const std::string& timer) const { system.link(kWanted + timer, "/usr/lib/systemd/system/" + timer); }
  [[nodiscard]] std::optional<bool> found() const { return collect_automatic_updates(system.root()).value; }

  test::MadeUpSystem system;
};

TEST_F(AutomaticUpdates, IsUnknownWithoutAptAndDnf) { EXPECT_EQ(found(), std::nullopt); }

TEST_F(AutomaticUpdates, FollowsAptsSettings) {
  apt("1");
  EXPECT_EQ(found(), true);
  apt("0");
  EXPECT_EQ(found(), false);
}

TEST_F(AutomaticUpdates, NeedsTheProgramThatUpgrades) {
  apt("1");
  system.remove("/usr/bin/unattended-upgrade");
  EXPECT_EQ(found(), false);
}

TEST_F(AutomaticUpdates, ALaterFileOfAptWinsAndOneOfAnotherKindIsNotRead) {
  apt("1");
  system.write("/etc/apt/apt.conf.d/99local.bak", "APT::Periodic::Enable \"0\";");
  EXPECT_EQ(found(), true);
  system.write("/etc/apt/apt.conf.d/99local.conf", "APT::Periodic::Enable \"0\";");
  EXPECT_EQ(found(), false);
}

TEST_F(AutomaticUpdates, ATimerThatIsMaskedUpgradesNothing) {
  apt("1");
  system.link("/etc/systemd/system/apt-daily-upgrade.timer", "/dev/null");
  EXPECT_EQ(found(), false);
}

TEST_F(AutomaticUpdates, ATimerThatIsSwitchedOffUpgradesNothing) {
  for (const auto* timer : {"apt-daily.timer", "apt-daily-upgrade.timer"}) {
    apt("1");
    EXPECT_EQ(found(), true);
    system.remove(kWanted + std::string{timer});
    EXPECT_EQ(found(), false) << timer;
  }
}

TEST_F(AutomaticUpdates, NamesOfFilesAreReadAsAptReadsThem) {
  for (const auto* name : {"99local.v2.conf", "99local"}) {
    apt("1");
    system.write(std::string{"/etc/apt/apt.conf.d/"} + name, "APT::Periodic::Enable \"0\";");
    EXPECT_EQ(found(), false) << name;
    system.remove(std::string{"/etc/apt/apt.conf.d/"} + name);
  }
  for (const auto* name : {"99local.conf.bak", "99local~", ".conf"}) {
    apt("1");
    system.write(std::string{"/etc/apt/apt.conf.d/"} + name, "APT::Periodic::Enable \"0\";");
    EXPECT_EQ(found(), true) << name;
    system.remove(std::string{"/etc/apt/apt.conf.d/"} + name);
  }
}

TEST_F(AutomaticUpdates, DnfNeedsTheSettingAndTheTimer) {
  dnf("yes");
  EXPECT_EQ(found(), false);
  enable("dnf-automatic.timer");
  EXPECT_EQ(found(), true);
  dnf("no");
  EXPECT_EQ(found(), false);
  enable("dnf-automatic-install.timer");
  EXPECT_EQ(found(), true) << "this timer installs whatever the setting says";
}

TEST_F(AutomaticUpdates, DnfWithoutItsAutomaticPartIsUnknown) {
  system.folder("/etc/dnf");
  EXPECT_EQ(found(), std::nullopt);
}

}  // namespace
}  // namespace sallyport
