#include "server/gateway/drain_plan.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours{1}};

std::vector<SessionId> sessions(std::size_t count) {
  std::vector<SessionId> list;
  for (std::size_t i = 1; i <= count; ++i) list.push_back(SessionId{i});
  return list;
}

/// How many are asked in each second, by a timer that follows next_due().
std::vector<std::size_t> asked_per_second(DrainPlan plan) {
  std::vector<std::size_t> seconds_of;
  for (TimePoint now = kStart; !plan.is_over(now); now = std::max(plan.next_due(), now + milliseconds{1})) {
    const auto second = static_cast<std::size_t>(std::chrono::floor<seconds>(now - kStart).count());
    seconds_of.resize(std::max(seconds_of.size(), second + 1));
    seconds_of[second] += plan.take_due(now).size();
  }
  return seconds_of;
}

/// E-2: no second in which more than a fifth of the clients shake hands.
TEST(DrainPlan, AsksNeverMoreThanAFifthOfTheSessionsInOneSecond) {
  for (const std::size_t count : {10U, 20U, 57U, 100U, 1000U}) {
    for (const int period : {8, 10, 30, 300}) {
      std::size_t sum = 0;
      for (const auto asked : asked_per_second(DrainPlan{sessions(count), seconds{period}, kStart})) {
        EXPECT_LE(asked * 5, count) << count << " sessions over " << period << " s";
        sum += asked;
      }
      EXPECT_EQ(sum, count);
    }
  }
}

TEST(DrainPlan, LeavesTheLastThirdForThoseThatTryAgain) {
  DrainPlan plan{sessions(3), seconds{30}, kStart};
  EXPECT_EQ(plan.take_due(kStart), sessions(1)) << "the first at once";
  EXPECT_EQ(plan.next_due(), kStart + seconds{7});
  EXPECT_EQ(plan.take_due(kStart + seconds{21}).size(), 2U);
  EXPECT_EQ(plan.asked(), 3U);
  EXPECT_EQ(plan.next_due(), kStart + seconds{30});
  EXPECT_FALSE(plan.is_over(kStart + seconds{29}));
  EXPECT_TRUE(plan.is_over(kStart + seconds{30}));
  EXPECT_EQ(plan.left(kStart + milliseconds{29'001}), seconds{1});
}

TEST(DrainPlan, WithoutSessionsHasNobodyToAsk) {
  DrainPlan plan{{}, seconds{30}, kStart};
  EXPECT_TRUE(plan.take_due(kStart).empty());
  EXPECT_EQ(plan.next_due(), kStart + seconds{30});
}

}  // namespace
}  // namespace sallyport
