#include "common/uv/loop.hpp"

#include "common/uv/async.hpp"
#include "common/uv/timer.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

TEST(Loop, ClosesCleanWhenNothingWasBuiltOnIt) { EXPECT_TRUE(Loop{}.close()); }

TEST(Loop, ReturnsWhenNothingIsLeftToWaitFor) {
  Loop loop;
  loop.run();
  EXPECT_TRUE(loop.close());
}

TEST(Loop, FindsAHandleThatOutlivesIt) {
  Loop loop;
  std::optional<Async> forgotten{std::in_place, loop, [] {}};
  EXPECT_FALSE(loop.close());
  forgotten.reset();
  EXPECT_TRUE(loop.close());
}

TEST(Loop, StopsFromACallback) {
  Loop loop;
  const Async keeps_waiting{loop, [] {}};
  Timer timer{loop, [&loop] { loop.stop(); }};
  timer.arm(1ms);
  loop.run();
  SUCCEED();
}

TEST(Loop, ReadsTheClocksOncePerTurn) {
  Loop loop;
  std::optional<Now> first;
  Timer early{loop, [&] {
                first = loop.now();
                std::this_thread::sleep_for(5ms);
                EXPECT_EQ(loop.now().steady, first->steady);
              }};
  Timer later{loop, [&] { EXPECT_GT(loop.now().steady, first->steady); }};
  early.arm(1ms);
  later.arm(20ms);
  loop.run();
  EXPECT_TRUE(first.has_value());
}

TEST(Loop, KnowsTheTimeBeforeItRuns) {
  Loop loop;
  const auto before = loop.now().steady;
  std::this_thread::sleep_for(5ms);
  EXPECT_GT(loop.now().steady, before);
}

}  // namespace
}  // namespace sallyport
