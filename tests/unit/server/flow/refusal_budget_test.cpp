#include "server/flow/refusal_budget.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int taken(RefusalBudget& budget, int tries, TimePoint now) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += budget.take(now) ? 1 : 0;
  return count;
}

TEST(RefusalBudget, StartsFullWhateverTheClockSays) {
  for (const auto start : {TimePoint{}, TimePoint{} + std::chrono::hours{1000}, TimePoint{} - std::chrono::hours{1}}) {
    RefusalBudget budget{10, 20};
    EXPECT_EQ(taken(budget, 100, start), 20);
  }
}

TEST(RefusalBudget, RefillsAtItsRateUpToItsBurst) {
  RefusalBudget budget{10, 20};
  const TimePoint start = TimePoint{} + std::chrono::hours{1};
  (void)taken(budget, 100, start);
  EXPECT_EQ(taken(budget, 100, start + milliseconds{99}), 0);
  EXPECT_EQ(taken(budget, 100, start + milliseconds{100}), 1);
  EXPECT_EQ(taken(budget, 100, start + seconds{1}), 9);
  EXPECT_EQ(taken(budget, 100, start + seconds{1000}), 20);
}

TEST(RefusalBudget, WithoutBurstGrantsNothing) {
  RefusalBudget budget{10, 0};
  EXPECT_EQ(taken(budget, 10, TimePoint{}), 0);
}

}  // namespace
}  // namespace sallyport
