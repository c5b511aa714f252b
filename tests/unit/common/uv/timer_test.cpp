#include "common/uv/timer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

TEST(Timer, FiresOnce) {
  Loop loop;
  int fired = 0;
  Timer timer{loop, [&fired] { ++fired; }};
  timer.arm(1ms);
  EXPECT_TRUE(timer.is_armed());
  loop.run();
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.is_armed());
}

TEST(Timer, NeverFiresBeforeItsDeadline) {
  Loop loop;
  for (const auto delay : {1us, 100us, 999us, 1001us, 1999us, 2500us}) {
    const auto deadline = loop.now().steady + delay;
    Timer timer{loop, [&] { EXPECT_GE(loop.now().steady, deadline); }};
    timer.arm(delay);
    loop.run();
  }
}

TEST(Timer, FiresAtOnceForADeadlineThatHasPassed) {
  Loop loop;
  bool fired = false;
  Timer timer{loop, [&fired] { fired = true; }};
  timer.arm_at(loop.now().steady - 1h);
  loop.run();
  EXPECT_TRUE(fired);
}

TEST(Timer, DoesNotFireAfterCancel) {
  Loop loop;
  Timer timer{loop, [] { FAIL(); }};
  timer.arm(1ms);
  timer.cancel();
  loop.run();
}

TEST(Timer, MovesItsDeadlineWhenArmedAgain) {
  Loop loop;
  int fired = 0;
  Timer timer{loop, [&fired] { ++fired; }};
  const auto start = loop.now().steady;
  timer.arm(1ms);
  timer.arm(20ms);
  loop.run();
  EXPECT_EQ(fired, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
}

TEST(Timer, MayDestroyItselfWhenItFires) {
  Loop loop;
  std::unique_ptr<Timer> timer;
  const auto kept = std::make_shared<int>(7);
  timer = std::make_unique<Timer>(loop, [&timer, kept] {
    timer.reset();
    EXPECT_EQ(*kept, 7);
  });
  timer->arm(1ms);
  loop.run();
  EXPECT_EQ(timer, nullptr);
  EXPECT_TRUE(loop.close());
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(Timer, FiresInOrderOfDeadlines) {
  Loop loop;
  std::vector<int> order;
  Timer second{loop, [&order] { order.push_back(2); }};
  Timer first{loop, [&order] { order.push_back(1); }};
  second.arm(10ms);
  first.arm(1ms);
  loop.run();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Timer, LeavesALoopThatClosesCleanWhenDestroyedArmed) {
  Loop loop;
  {
    Timer{loop, [] {}}.arm(1h);
  }
  EXPECT_TRUE(loop.close());
}

}  // namespace
}  // namespace sallyport
