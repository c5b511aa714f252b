#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

class Processes : public testing::Test {
 protected:
  Processes() { proc("rw,nosuid"); }
  void proc(const std::string& options) const {
    system.mounts("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:21 / /proc rw - proc proc " + options + '\n');
  }
  [[nodiscard]] std::optional<bool> found(const std::string& name) const {
    return collect_processes(system.root(), {name}).at(name);
  }

  test::MadeUpSystem system;
};

TEST_F(Processes, AreFoundByTheirFileOrByTheNameTheKernelKeeps) {
  system.process(10, "falcon-sensor-b", "/opt/CrowdStrike/falcon-sensor-bpf");
  system.process(11, "python3", "/usr/bin/python3.11");
  EXPECT_EQ(found("falcon-sensor-bpf"), true);
  EXPECT_EQ(found("python3"), true);
  EXPECT_EQ(found("python3.11"), true);
  EXPECT_EQ(found("python"), false);
  EXPECT_EQ(found("opt"), false);
}

TEST_F(Processes, AFileThatAnUpgradeReplacedIsStillRunning) {
  system.process(10, "osqueryd", "/usr/bin/osqueryd (deleted)");
  EXPECT_EQ(found("osqueryd"), true);
}

TEST_F(Processes, OnesThatHaveEndedRunNoMore) {
  system.process(10, "osqueryd", "/usr/bin/osqueryd", 'Z');
  EXPECT_EQ(found("osqueryd"), false);
}

TEST_F(Processes, ANameThatTheKernelCutIsUnknownWhereTheFileMayNotBeSeen) {
  system.process(10, "falcon-sensor-b");
  EXPECT_EQ(found("falcon-sensor-bpf"), std::nullopt);
  EXPECT_EQ(found("falcon-sensor-b"), true);
  EXPECT_EQ(found("other"), false);
}

TEST_F(Processes, ThenTheNameItWasStartedByCounts) {
  system.process(10, "falcon-sensor-b");
  system.write("/proc/10/cmdline", std::string{"/opt/CrowdStrike/falcon-sensor-bpf\0--quiet\0", 43});
  EXPECT_EQ(found("falcon-sensor-bpf"), true);
  EXPECT_EQ(found("falcon-sensor-big"), std::nullopt);
  EXPECT_EQ(found("CrowdStrike"), false);
}

TEST_F(Processes, OfPeopleDoNotCount) {
  system.process(10, "osqueryd", "/home/ana/osqueryd", 'S', 1000);
  system.process(11, "falcon-sensor-b", {}, 'S', 65'534);
  system.write("/proc/11/cmdline", "falcon-sensor-bpf");
  EXPECT_EQ(found("osqueryd"), false);
  EXPECT_EQ(found("falcon-sensor-bpf"), false);
  system.process(12, "osqueryd", "/usr/bin/osqueryd", 'S', 999);
  EXPECT_EQ(found("osqueryd"), true);
  system.remove("/proc/12/status");
  EXPECT_EQ(found("osqueryd"), false) << "it is gone, or whose it is cannot be told";
}

TEST_F(Processes, NoneIsSaidNotToRunWhereSomeAreHidden) {
  proc("rw,hidepid=invisible");
  system.process(10, "osqueryd", "/usr/bin/osqueryd");
  EXPECT_EQ(found("osqueryd"), true);
  EXPECT_EQ(found("falcon-sensor"), std::nullopt);
  proc("rw,hidepid=off");
  EXPECT_EQ(found("falcon-sensor"), false);
  system.mounts("");
  EXPECT_EQ(found("falcon-sensor"), std::nullopt);
}

TEST_F(Processes, NobodyLooksWhenNobodyAsks) { EXPECT_TRUE(collect_processes(system.root(), {}).empty()); }

}  // namespace
}  // namespace sallyport
