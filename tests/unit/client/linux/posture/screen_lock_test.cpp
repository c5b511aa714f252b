#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

class ScreenLock : public testing::Test {
 protected:
  void gnome(const std::string& value, bool locked = true) const {
    system.write("/etc/dconf/db/local.d/00-lock", "[org/gnome/desktop/screensaver]\nlock-enabled=" + value + '\n');
    system.write("/etc/dconf/db/local", "compiled");
    if (locked) system.write("/etc/dconf/db/local.d/locks/lock", "/org/gnome/desktop/screensaver/lock-enabled\n");
  }
  void kde(const std::string& line) const { system.write("/etc/xdg/kscreenlockerrc", "[Daemon]\n" + line + '\n'); }
  [[nodiscard]] std::optional<bool> found() const { return collect_screen_lock(system.root()).value; }

  test::MadeUpSystem system;
};

TEST_F(ScreenLock, IsUnknownWhereNoDesktopSaysSo) { EXPECT_EQ(found(), std::nullopt); }

TEST_F(ScreenLock, FollowsWhatGnomeLocks) {
  gnome("true");
  EXPECT_EQ(found(), true);
  gnome("false");
  EXPECT_EQ(found(), false);
}

TEST_F(ScreenLock, ADefaultThatUsersMayChangeSaysNothing) {
  gnome("true", false);
  EXPECT_EQ(found(), std::nullopt);
  kde("Autolock=true");
  EXPECT_EQ(found(), std::nullopt);
}

TEST_F(ScreenLock, SettingsThatWereNeverCompiledSayNothing) {
  gnome("true");
  system.remove("/etc/dconf/db/local");
  EXPECT_EQ(found(), std::nullopt);
}

TEST_F(ScreenLock, FollowsWhatKdeFixes) {
  kde("Autolock[$i]=true");
  EXPECT_EQ(found(), true);
  kde("Autolock[$i]=false");
  EXPECT_EQ(found(), false);
}

TEST_F(ScreenLock, OfTwoDesktopsBothCount) {
  gnome("true");
  kde("Autolock[$i]=false");
  EXPECT_EQ(found(), false);
}

}  // namespace
}  // namespace sallyport
