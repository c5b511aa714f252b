#include "common/base/deadline_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1h};

TEST(DeadlineQueue, GivesOutWhatIsDueTheEarliestFirstAndNothingElse) {
  DeadlineQueue<std::string> queue;
  EXPECT_EQ(queue.next(), TimePoint::max());
  EXPECT_FALSE(queue.take_due(TimePoint::max()));
  queue.bring_forward("late", kStart + 3s);
  queue.bring_forward("early", kStart + 1s);
  queue.bring_forward("between", kStart + 2s);
  EXPECT_EQ(queue.next(), kStart + 1s);
  EXPECT_FALSE(queue.take_due(kStart + 1s - 1ns));
  EXPECT_EQ(queue.take_due(kStart + 2s), "early");
  EXPECT_EQ(queue.take_due(kStart + 2s), "between");
  EXPECT_FALSE(queue.take_due(kStart + 2s));
  EXPECT_EQ(queue.size(), 1U);
}

TEST(DeadlineQueue, MovesAKeyForwardAndNeverBack) {
  DeadlineQueue<int> queue;
  queue.bring_forward(1, kStart + 5s);
  queue.bring_forward(2, kStart + 4s);
  queue.bring_forward(2, kStart + 9s);
  EXPECT_EQ(queue.next(), kStart + 4s);
  queue.bring_forward(1, kStart + 3s);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.take_due(kStart + 4s), 1);
  EXPECT_EQ(queue.take_due(kStart + 4s), 2);
}

TEST(DeadlineQueue, ForgetsWhatWasErasedAndTakesItAgainAtAnyTime) {
  DeadlineQueue<int> queue;
  queue.bring_forward(1, kStart);
  queue.erase(1);
  queue.erase(1);
  EXPECT_FALSE(queue.take_due(TimePoint::max()));
  queue.bring_forward(1, kStart + 7s);
  EXPECT_EQ(queue.next(), kStart + 7s);
}

TEST(DeadlineQueue, AgreesWithAListThatIsLookedThroughWholeOverRandomCalls) {
  std::mt19937 random{20261128};
  const auto below = [&random](int bound) { return std::uniform_int_distribution<int>{0, bound - 1}(random); };
  DeadlineQueue<int> queue;
  std::map<int, TimePoint> oracle;
  const auto earliest = [&oracle] {
    TimePoint due = TimePoint::max();
    for (const auto& [key, each] : oracle) due = std::min(due, each);
    return due;
  };
  TimePoint now = kStart;
  std::size_t taken = 0;
  for (int step = 0; step < 200'000; ++step) {
    const int key = below(300);
    const auto what = below(10);
    if (what < 6) {
      const auto due = now + below(1000) * 1ms;
      queue.bring_forward(key, due);
      const auto [place, is_new] = oracle.try_emplace(key, due);
      if (!is_new) place->second = std::min(place->second, due);
    } else if (what == 6) {
      queue.erase(key);
      oracle.erase(key);
    } else {
      now += below(20) * 1ms;
      const auto due = earliest();
      const auto next = queue.take_due(now);
      ASSERT_EQ(next.has_value(), due <= now) << step;
      if (next) {
        ASSERT_EQ(oracle.at(*next), due) << step;
        oracle.erase(*next);
        ++taken;
      }
    }
    ASSERT_EQ(queue.next(), earliest()) << step;
    ASSERT_EQ(queue.size(), oracle.size()) << step;
  }
  EXPECT_GT(taken, 1000U);
}

}  // namespace
}  // namespace sallyport
