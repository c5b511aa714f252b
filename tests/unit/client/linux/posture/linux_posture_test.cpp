#include "client/linux/posture/linux_posture.hpp"

#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

constexpr const char* kMounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n";

TEST(LinuxPosture, KnowsNothingOfAnEmptySystem) {
  const test::MadeUpSystem system;
  const LinuxPosture source{system.at(""), [] { return std::nullopt; }};
  const auto posture = source.collect({"falcon-sensor"});
  EXPECT_TRUE(posture.os.empty());
  ASSERT_EQ(posture.facts.size(), kPostureFactNames.size());
  for (const auto& [name, fact] : posture.facts) {
    EXPECT_EQ(fact.value, std::nullopt) << name;
    EXPECT_FALSE(fact.source.empty()) << name;
  }
  EXPECT_EQ(posture.processes, (PostureAnswers{{"falcon-sensor", std::nullopt}}));
  EXPECT_TRUE(posture.files.empty());
}

TEST(LinuxPosture, SaysOfAFileOnlyWhetherItIsThere) {
  const test::MadeUpSystem system;
  system.mounts(kMounts);
  system.write("/etc/corp/managed", "secret");
  system.folder("/etc/corp/folder");
  system.link("/etc/corp/dangling", "nowhere");
  const LinuxPosture source{system.at(""), [] { return std::nullopt; }};
  EXPECT_EQ(source.look_for({"/etc/corp/dangling", "/etc/corp/folder", "/etc/corp/managed", "/etc/corp/managed/x"}),
            (PostureAnswers{{"/etc/corp/dangling", false},
                            {"/etc/corp/folder", true},
                            {"/etc/corp/managed", true},
                            {"/etc/corp/managed/x", false}}));
}

TEST(LinuxPosture, SaysNothingOfAFileItCannotLookFor) {
  const test::MadeUpSystem system;
  system.mounts(kMounts);
  const std::string too_long(300, 'x');
  const LinuxPosture source{system.at(""), [] { return std::nullopt; }};
  EXPECT_EQ(source.look_for({'/' + too_long}).at('/' + too_long), std::nullopt);
}

TEST(LinuxPosture, HasNothingMountedToLookForAFile) {
  const test::MadeUpSystem system;
  system.mounts(std::string{kMounts} +
                "30 22 0:30 / /net rw - autofs -hosts rw,indirect\n"
                "31 30 0:31 / /net/office rw - nfs4 office:/ rw\n"
                "32 22 0:32 / /srv rw - autofs systemd-1 rw,direct\n"
                "33 22 8:3 / /srv rw - ext4 /dev/sda3 rw\n");
  system.write("/net/evil.example/x", "");
  system.write("/net/office/x", "");
  system.write("/srv/x", "");
  system.link("/etc/way", "../net/evil.example");
  system.link("/proc/self/root", "/");
  system.link("/etc/srv", "/srv/x");
  system.link("/etc/round", "round");
  const LinuxPosture source{system.at(""), [] { return std::nullopt; }};
  EXPECT_EQ(source.look_for({"/net/evil.example/x", "/net/office/x", "/srv/x", "/etc/way/x", "/proc/self/root/net/a/b",
                             "/etc/srv", "/etc/round"}),
            (PostureAnswers{{"/net/evil.example/x", std::nullopt},
                            {"/net/office/x", std::nullopt},
                            {"/srv/x", true},
                            {"/etc/way/x", std::nullopt},
                            {"/proc/self/root/net/a/b", std::nullopt},
                            {"/etc/srv", true},
                            {"/etc/round", std::nullopt}}));
  system.remove("/proc/self/mountinfo");
  EXPECT_EQ(source.look_for({"/srv/x"}).at("/srv/x"), std::nullopt) << "not without the list of mounts";
}

TEST(LinuxPosture, AsksTheSystemItRunsOnWithoutHarm) {
  const LinuxPosture source;
  const auto posture = source.collect({"sallyport-no-such-process"});
  EXPECT_FALSE(posture.kernel.empty());
  EXPECT_NE(posture.processes.at("sallyport-no-such-process"), true);
  EXPECT_EQ(source.look_for({"/etc/passwd"}).at("/etc/passwd"), true);
}

}  // namespace
}  // namespace sallyport
