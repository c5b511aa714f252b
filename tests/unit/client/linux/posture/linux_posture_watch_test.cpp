#include "client/linux/posture/linux_posture_watch.hpp"

#include "tests/unit/client/linux/posture/made_up_system.hpp"

#include <gtest/gtest.h>
#include <poll.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class LinuxPostureWatchTest : public testing::Test {
 protected:
  LinuxPostureWatchTest() { system.mounts("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"); }
  /// Whether it stirs within that time, and what else it says meanwhile.
  bool stirs(milliseconds within = milliseconds{3'000}) {
    const auto end = steady_clock::now() + within;
    while (steady_clock::now() < end) {
      pollfd wake{watch->fd(), POLLIN, 0};
      const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
      if (::poll(&wake, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0))) != 1) return false;
      if (watch->take().may_have_changed) return true;
    }
    return false;
  }

  test::MadeUpSystem system;
  std::unique_ptr<PostureWatch> watch = std::make_unique<LinuxPostureWatch>(system.root());
};

TEST_F(LinuxPostureWatchTest, StirsOnceWhenItBeginsAndThenWhenSomethingMayHaveChanged) {
  system.write("/etc/corp/managed", "yes");
  watch->follow({{}, {"/etc/corp/managed"}});
  EXPECT_TRUE(stirs()) << "what happened before it watched is not lost";
  EXPECT_FALSE(stirs(milliseconds{400}));
  system.remove("/etc/corp/managed");
  EXPECT_TRUE(stirs());
  system.remove("/etc/corp");
  EXPECT_TRUE(stirs());
  system.write("/etc/corp/managed", "yes");
  EXPECT_TRUE(stirs()) << "the folder is new, and its watch too";
  (void)stirs(milliseconds{300});
  system.remove("/etc/corp/managed");
  EXPECT_TRUE(stirs());
}

TEST_F(LinuxPostureWatchTest, NoticesProcessesAsLongAsAnyAreAskedFor) {
  watch->follow({{"sensor"}, {}});
  EXPECT_TRUE(stirs());
  system.process(7, "sensor", "/opt/sensor");
  EXPECT_TRUE(stirs());
  watch->follow({});
  EXPECT_TRUE(stirs());
  system.remove("/proc/7");
  EXPECT_FALSE(stirs(milliseconds{700}));
}

TEST_F(LinuxPostureWatchTest, AtRestNothingIsToldAndItBeginsAgain) {
  system.write("/etc/corp/managed", "yes");
  watch->follow({{}, {"/etc/corp/managed"}});
  EXPECT_TRUE(stirs());
  watch->rest();
  (void)stirs(milliseconds{200});
  system.remove("/etc/corp/managed");
  EXPECT_FALSE(stirs(milliseconds{300}));
  watch->follow({{}, {"/etc/corp/managed"}});
  EXPECT_TRUE(stirs());
}

}  // namespace
}  // namespace sallyport
