#include "server/gateway/clock_floor.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct ClockFloorTest : testing::Test {
  void pass(milliseconds time) {
    now.steady += time;
    precise += time;
    now.wall = std::chrono::floor<seconds>(precise);
  }
  void set(seconds by) {
    precise += by;
    now.wall = std::chrono::floor<seconds>(precise);
  }

  std::chrono::sys_time<milliseconds> precise{hours{500'000}};
  Now now{TimePoint{hours{1}} + milliseconds{700}, WallTime{hours{500'000}}};
  ClockFloor clock;
};

TEST_F(ClockFloorTest, IsTheWallClockWhileThatRunsAsItShould) {
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(clock.at(now), now.wall) << i;
    pass(milliseconds{137 + i % 900});
  }
  EXPECT_EQ(clock.behind(now), seconds{0});
}

TEST_F(ClockFloorTest, GoesOnWhereTheWallClockWasSetBack) {
  const auto before = clock.at(now);
  set(-hours{1});
  EXPECT_GE(clock.at(now), before - seconds{1});
  pass(hours{2});
  EXPECT_GE(clock.at(now), before + hours{2} - seconds{1});
  EXPECT_LE(clock.at(now), before + hours{2});
  EXPECT_GE(clock.behind(now), hours{1} - seconds{1});
  set(hours{1});
  EXPECT_EQ(clock.behind(now), seconds{0});
}

TEST_F(ClockFloorTest, DoesNotForgetAClockThatWasInTheFuture) {
  const auto right = now.wall;
  set(hours{87'600});
  (void)clock.at(now);
  set(-hours{87'600});
  EXPECT_GE(clock.at(now), right + hours{87'599});
  clock.accept(now);
  EXPECT_EQ(clock.at(now), right);
}

TEST_F(ClockFloorTest, BeginsWhereAnEarlierProcessWas) {
  clock.raise(now.wall + hours{3}, now);
  EXPECT_GE(clock.behind(now), hours{3} - seconds{1});
  clock.raise(now.wall - hours{3}, now);
  EXPECT_GE(clock.behind(now), hours{3} - seconds{1});
}

}  // namespace
}  // namespace sallyport
