#include "server/gateway/drain_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

using std::chrono::seconds;

class Drain : public ControlRoom {
 protected:
  void wait(seconds span) {
    pass(span);
    desk_.handle_timeout();
  }

  Loop loop_;
  int closed_ = 0;
  int stopped_ = 0;
  DrainDesk desk_{loop_, books_, orders_, {.stop_accepting = [this] { ++closed_; }, .stop = [this] { ++stopped_; }}};
};

TEST_F(Drain, AsksEverySessionToMoveAndIsOverWhenAllHave) {
  const auto first = connect().grant.id;
  const auto second = connect("bo-laptop").grant.id;
  ASSERT_TRUE(desk_.drain(seconds{10}, false, "root"));
  EXPECT_EQ(workers_.last<command::Drain>()->sessions, std::vector{first});
  wait(seconds{7});
  EXPECT_EQ(workers_.last<command::Drain>()->sessions, std::vector{second});
  EXPECT_EQ(desk_.remaining(), 2U);
  registry_.remove(first);
  registry_.remove(second);
  wait(seconds{1});
  EXPECT_FALSE(desk_.plan());
  EXPECT_EQ(times_said("gateway.drained"), 1);
  EXPECT_EQ(stopped_, 0);
  EXPECT_EQ(records_of("gateway.draining").size(), 1U);
}

TEST_F(Drain, StopsTheGatewayAtItsEndAndLetsNobodyInMeanwhile) {
  (void)connect();
  ASSERT_TRUE(desk_.drain(seconds{10}, true, "root"));
  EXPECT_EQ(closed_, 1);
  wait(seconds{9});
  EXPECT_EQ(stopped_, 0);
  wait(seconds{1});
  EXPECT_EQ(stopped_, 1);
}

TEST_F(Drain, UnderWayCanBeToldToStopAtItsEndAndNothingElse) {
  (void)connect();
  ASSERT_TRUE(desk_.drain(seconds{10}, false, "root"));
  EXPECT_FALSE(desk_.drain(seconds{10}, false, "root"));
  EXPECT_TRUE(desk_.drain(seconds{10}, true, "root"));
  EXPECT_TRUE(desk_.stops_after_drain());
}

TEST_F(Drain, BeginsNotInAGatewayThatStops) {
  (void)connect();
  desk_.close();
  EXPECT_FALSE(desk_.drain(seconds{10}, true, "root"));
  EXPECT_EQ(closed_, 0);
  EXPECT_EQ(workers_.last<command::Drain>(), nullptr);
}

}  // namespace
}  // namespace sallyport
