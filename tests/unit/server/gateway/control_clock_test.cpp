#include "server/gateway/control_clock.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::hours;

TEST(ControlClock, GoesOnFromTheLatestTimeThatWasSeenWhenTheWallClockIsSetBack) {
  const WallTime noon{hours{500'000}};
  Now now{TimePoint{hours{1}}, noon};
  ControlClock clock{[&now] { return now; }};
  EXPECT_EQ(clock.latest(), noon);
  now = {TimePoint{hours{2}}, noon - hours{10}};
  EXPECT_EQ(clock.now().wall, noon - hours{10});
  EXPECT_EQ(clock.latest(), noon + hours{1});
  EXPECT_EQ(clock.behind(), hours{11});
  clock.accept(now);
  EXPECT_EQ(clock.latest(), noon - hours{10});
}

}  // namespace
}  // namespace sallyport
