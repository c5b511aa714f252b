#include "server/gateway/device_budget_book.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart = TimePoint{} + 1h;

TEST(DeviceBudgetBook, GivesADeviceThatComesBackWhatItHadLeft) {
  DeviceBudgetBook book;
  const auto first = book.of(DeviceId{"ana-laptop"}, kStart);
  while (first->denials.take(kStart)) {
  }
  EXPECT_FALSE(book.of(DeviceId{"ana-laptop"}, kStart + 1s)->denials.take(kStart + 1s));
  EXPECT_TRUE(book.of(DeviceId{"bo-laptop"}, kStart)->denials.take(kStart));
}

TEST(DeviceBudgetBook, ForgetsThoseThatNobodyUsesAndThatAreFullAgain) {
  DeviceBudgetBook book;
  const auto used = book.of(DeviceId{"used"}, kStart);
  const auto spent = book.of(DeviceId{"spent"}, kStart);
  (void)spent->decisions.take(kStart + 24h);
  for (int i = 0; i < 3000; ++i) (void)book.of(DeviceId{std::to_string(i)}, kStart + 24h);
  EXPECT_LT(book.size(), 1100U);
  EXPECT_EQ(book.of(DeviceId{"used"}, kStart), used);
  EXPECT_EQ(book.of(DeviceId{"spent"}, kStart), spent);
}

TEST(RecordBudget, LetsItsBurstThroughAndThenOneAnInterval) {
  RecordBudget budget{5s, 10};
  std::size_t taken = 0;
  for (int second = 0; second < 100; ++second) {
    for (int i = 0; i < 20; ++i) taken += budget.take(kStart + std::chrono::seconds{second}) ? 1 : 0;
  }
  EXPECT_EQ(taken, 10U + 99 / 5);
  EXPECT_FALSE(budget.is_full(kStart + 100s));
  EXPECT_TRUE(budget.is_full(kStart + 200s));
}

}  // namespace
}  // namespace sallyport
