#include "client/linux/posture/process_watch.hpp"

#include "tests/unit/client/linux/posture/made_up_system.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

class ProcessWatchTest : public testing::Test {
 protected:
  test::MadeUpSystem system;
  SystemRoot root = system.root();
  ProcessWatch watch{root};
};

TEST_F(ProcessWatchTest, NoticesAProcessThatComesEndsAndGoes) {
  system.process(1, "init", "/sbin/init");
  watch.follow({"falcon-sensor"});
  EXPECT_FALSE(watch.look());
  system.process(20, "falcon-sensor", "/opt/falcon-sensor");
  EXPECT_TRUE(watch.look());
  EXPECT_FALSE(watch.look());
  system.process(21, "bash", "/bin/bash");
  EXPECT_FALSE(watch.look()) << "somebody else's";
  system.write("/proc/20/stat", "20 (falcon-sensor) Z 1 1");
  EXPECT_TRUE(watch.look()) << "it has ended and was not collected yet";
  system.remove("/proc/20");
  EXPECT_TRUE(watch.look());
  EXPECT_FALSE(watch.look());
}

TEST_F(ProcessWatchTest, NoticesOneThatBecomesAnotherProgramAMomentAfterItStarted) {
  system.process(1, "init", "/sbin/init");
  watch.follow({"falcon-sensor"});
  system.process(20, "bash", "/bin/bash");
  EXPECT_FALSE(watch.look());
  system.remove("/proc/20");
  system.process(20, "other-name", "/opt/falcon-sensor");
  EXPECT_TRUE(watch.look());
}

TEST_F(ProcessWatchTest, NoticesOneThatTakesTheNameLongAfterItStartedWithinSomeLooks) {
  for (int i = 1; i <= 40; ++i) system.process(i, "worker", "/usr/bin/worker");
  watch.follow({"a-name-longer-than-the-kernel-keeps"});
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(watch.look());
  system.remove("/proc/17");
  system.process(17, "a-name-longer-t");
  bool noticed = false;
  for (int i = 0; i < 16; ++i) noticed = watch.look() || noticed;
  EXPECT_TRUE(noticed);
}

TEST_F(ProcessWatchTest, ANumberThatIsUsedAgainIsAnotherProcess) {
  system.process(20, "falcon-sensor", "/opt/falcon-sensor");
  watch.follow({"falcon-sensor"});
  system.remove("/proc/20");
  system.process(20, "bash", "/bin/bash");
  EXPECT_TRUE(watch.look());
}

TEST_F(ProcessWatchTest, RestsWhileNobodyAsks) {
  EXPECT_TRUE(watch.is_resting());
  watch.follow({"x"});
  EXPECT_FALSE(watch.is_resting());
  watch.follow({});
  EXPECT_TRUE(watch.is_resting());
}

}  // namespace
}  // namespace sallyport
