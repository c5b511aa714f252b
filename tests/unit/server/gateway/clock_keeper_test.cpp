#include "server/gateway/clock_keeper.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

using std::chrono::hours;

class Keeper : public ControlRoom {
 protected:
  ClockKeeper keeper_{books_};
};

TEST_F(Keeper, KnowsOfTheProcessBeforeItHowLateItWas) {
  ASSERT_TRUE(store_.keep_latest_time(now_.wall + hours{5}));
  ASSERT_TRUE(keeper_.open());
  EXPECT_EQ(clock_.behind(), hours{5});
  EXPECT_EQ(records_of("clock.behind").size(), 1U);
}

TEST_F(Keeper, SaysOnceThatTheClockIsBehindAndOnceThatItIsRight) {
  ASSERT_TRUE(keeper_.open());
  now_.wall -= hours{1};
  keeper_.watch();
  pass(std::chrono::seconds{1});
  keeper_.watch();
  EXPECT_EQ(times_said("clock.behind"), 1);
  now_.wall += hours{1};
  keeper_.watch();
  EXPECT_EQ(times_said("clock.right"), 1);
  EXPECT_EQ(records_of("clock.right").size(), 1U);
}

TEST_F(Keeper, WritesDownOnceAMinuteWhatWasSeen) {
  ASSERT_TRUE(keeper_.open());
  const WallTime opened = now_.wall;
  pass(std::chrono::seconds{59});
  keeper_.watch();
  EXPECT_EQ(store_.latest_time().value(), opened);
  pass(std::chrono::seconds{1});
  keeper_.watch();
  EXPECT_EQ(store_.latest_time().value(), now_.wall);
}

TEST_F(Keeper, JudgesByNothingSeenBeforeOnceTheClockIsAccepted) {
  ASSERT_TRUE(keeper_.open());
  now_.wall -= hours{1};
  ASSERT_TRUE(keeper_.accept("root"));
  EXPECT_EQ(clock_.behind(), std::chrono::seconds{0});
  EXPECT_EQ(store_.latest_time().value(), now_.wall);
  ASSERT_EQ(records_of("clock.accepted").size(), 1U);
  EXPECT_EQ(records_of("clock.accepted").front()["by"], "root");
}

}  // namespace
}  // namespace sallyport
