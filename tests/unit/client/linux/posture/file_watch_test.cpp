#include "client/linux/posture/file_watch.hpp"

#include "tests/unit/client/linux/posture/made_up_system.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

class FileWatchTest : public testing::Test {
 protected:
  /// Looks at the wanted file as the collector does, and watches what it looked at.
  void follow(const std::string& path) {
    Looks looks;
    (void)collect_files(system.root().noting(looks), {path});
    EXPECT_EQ(watch.follow(looks), "");
    EXPECT_FALSE(watch.take());
  }
  void follow_settings() {
    Looks looks;
    const auto root = system.root().noting(looks);
    Posture ignored;
    collect_system(root, ignored);
    (void)collect_screen_lock(root);
    (void)collect_automatic_updates(root);
    EXPECT_EQ(watch.follow(looks), "");
    EXPECT_FALSE(watch.take());
  }

  test::MadeUpSystem system;
  FileWatch watch{system.root()};
};

TEST_F(FileWatchTest, NoticesAFileThatGoesComesOrIsMoved) {
  system.mounts("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
  system.write("/etc/corp/managed", "yes");
  follow("/etc/corp/managed");
  system.remove("/etc/corp/managed");
  EXPECT_TRUE(watch.take());
  EXPECT_FALSE(watch.take()) << "told once";
  system.write("/etc/corp/managed", "yes");
  EXPECT_TRUE(watch.take());
  std::filesystem::rename(system.at("/etc/corp/managed"), system.at("/etc/corp/other"));
  EXPECT_TRUE(watch.take());
}

TEST_F(FileWatchTest, PassesOverNeighboursAndWhatIsWrittenIntoAFileThatOnlyHasToBeThere) {
  system.mounts("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
  system.write("/etc/corp/managed", "yes");
  follow("/etc/corp/managed");
  system.write("/etc/corp/neighbour", "yes");
  system.write("/etc/other", "yes");
  system.write("/etc/corp/managed", "no");
  EXPECT_FALSE(watch.take());
}

TEST_F(FileWatchTest, NoticesAFolderOnTheWayAndALinkThatLeadsElsewhere) {
  system.mounts("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
  system.write("/opt/v1/managed", "yes");
  system.link("/etc/corp", "/opt/v1");
  follow("/etc/corp/managed");
  system.remove("/opt/v1/managed");
  EXPECT_TRUE(watch.take());
  system.remove("/etc/corp");
  EXPECT_TRUE(watch.take());
  follow("/etc/missing/deep/managed");
  system.folder("/etc/missing");
  EXPECT_TRUE(watch.take());
  follow("/etc/missing/deep/managed");
  system.write("/etc/missing/deep/managed", "yes");
  EXPECT_TRUE(watch.take());
}

TEST_F(FileWatchTest, NoticesEverySettingThatACollectorReads) {
  system.mounts("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
  system.write("/usr/lib/os-release", "ID=debian\n");
  system.link("/etc/os-release", "../usr/lib/os-release");
  system.write("/usr/bin/unattended-upgrade", "");
  for (const auto* timer : {"apt-daily.timer", "apt-daily-upgrade.timer"})
    system.link(std::string{"/etc/systemd/system/timers.target.wants/"} + timer, "/usr/lib/systemd/system/x");
  system.write("/etc/apt/apt.conf.d/20auto", "");
  system.write("/etc/dconf/db/local.d/locks/lock", "");
  system.write("/etc/dconf/db/local", "");
  const auto changes = std::vector<std::function<void()>>{
      [&] { system.write("/usr/lib/os-release", "ID=fedora\n"); },
      [&] { system.write("/etc/apt/apt.conf.d/20auto", "more"); },
      [&] { system.write("/etc/apt/apt.conf.d/30new", ""); },
      [&] { system.write("/etc/dconf/db/local.d/locks/lock", "/org/gnome/desktop/screensaver/\n"); },
      [&] { system.write("/etc/xdg/kscreenlockerrc", ""); },
      [&] { system.link("/etc/systemd/system/apt-daily.service", "/dev/null"); },
      [&] { system.remove("/etc/systemd/system/timers.target.wants/apt-daily.timer"); },
      [&] { system.remove("/usr/bin/unattended-upgrade"); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    follow_settings();
    changes[i]();
    EXPECT_TRUE(watch.take()) << "change " << i;
  }
}

TEST_F(FileWatchTest, WatchesNothingThatAnAutomounterWouldHaveToMount) {
  system.mounts("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /net rw - autofs auto rw\n");
  system.write("/net/server/managed", "yes");
  follow("/net/server/managed");
  system.remove("/net/server/managed");
  EXPECT_FALSE(watch.take());
}

TEST_F(FileWatchTest, AtRestNothingIsTold) {
  system.mounts("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
  system.write("/etc/corp/managed", "yes");
  follow("/etc/corp/managed");
  watch.rest();
  EXPECT_LT(watch.fd(), 0);
  system.remove("/etc/corp/managed");
  EXPECT_FALSE(watch.take());
}

}  // namespace
}  // namespace sallyport
