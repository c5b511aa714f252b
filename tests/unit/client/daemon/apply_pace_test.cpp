#include "client/daemon/apply_pace.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr TimePoint kStart{std::chrono::hours{1}};

TEST(ApplyPace, LetsAFewChangesThroughAtOnceAndOneASecondAfterThem) {
  ApplyPace pace;
  for (int i = 0; i < ApplyPace::kAtOnce; ++i) EXPECT_EQ(pace.begin(kStart), Duration::zero()) << i;
  EXPECT_EQ(pace.begin(kStart), ApplyPace::kInterval);
  EXPECT_EQ(pace.begin(kStart), ApplyPace::kInterval) << "who has to wait uses up nothing";
  int made = 0;
  constexpr auto kMinute = std::chrono::minutes{1};
  for (auto now = kStart; now < kStart + kMinute; now += std::chrono::milliseconds{1})
    made += pace.begin(now) == Duration::zero() ? 1 : 0;
  EXPECT_EQ(made, kMinute / ApplyPace::kInterval - 1);
}

TEST(ApplyPace, LetsAFewThroughAgainAfterSilence) {
  ApplyPace pace;
  for (int i = 0; i < 100; ++i) (void)pace.begin(kStart);
  const auto later = kStart + ApplyPace::kInterval * ApplyPace::kAtOnce;
  for (int i = 0; i < ApplyPace::kAtOnce; ++i) EXPECT_EQ(pace.begin(later), Duration::zero()) << i;
  EXPECT_GT(pace.begin(later), Duration::zero());
}

}  // namespace
}  // namespace sallyport
