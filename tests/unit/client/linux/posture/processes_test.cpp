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
