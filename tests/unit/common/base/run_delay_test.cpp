#include "common/base/run_delay.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace sallyport {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

void spin_until(Clock::time_point end) {
  while (Clock::now() < end) {
  }
}

/// Two threads on one processor for a while: either waits for about half of it.
TEST(RunDelay, GrowsWhileAnotherThreadHasTheProcessor) {
  cpu_set_t mine;
  ASSERT_EQ(::sched_getaffinity(0, sizeof mine, &mine), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int processor = 0; CPU_COUNT(&one) == 0; ++processor) {
    if (CPU_ISSET(processor, &mine)) CPU_SET(processor, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const RunDelay delay{::gettid()};
  const auto before = delay.read();
  if (!before) {
    (void)::sched_setaffinity(0, sizeof mine, &mine);
    GTEST_SKIP() << "this kernel keeps no schedstat";
  }
  const auto end = Clock::now() + 300ms;
  std::thread other{[end] { spin_until(end); }};
  spin_until(end);
  other.join();
  const auto after = delay.read();
  ASSERT_EQ(::sched_setaffinity(0, sizeof mine, &mine), 0);
  ASSERT_TRUE(after);
  EXPECT_GT(*after - *before, 50ms);
}

TEST(RunDelay, SaysNothingOfAThreadThatIsNotThere) { EXPECT_FALSE(RunDelay{-1}.read()); }

}  // namespace
}  // namespace sallyport
