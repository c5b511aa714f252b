#include "server/gateway/complaint.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

TEST(Complaint, IsSaidOnceAMinuteWithHowOftenItWas) {
  Complaint complaint;
  const WallTime start = WallTime{} + 1000s;
  EXPECT_TRUE(complaint.is_due(start));
  EXPECT_EQ(complaint.take_count(), 1U);
  for (int i = 1; i < 60; ++i) EXPECT_FALSE(complaint.is_due(start + std::chrono::seconds{i}));
  EXPECT_TRUE(complaint.is_due(start + 60s));
  EXPECT_EQ(complaint.take_count(), 60U);
}

TEST(Complaint, IsNotSilencedByAClockThatIsSetBack) {
  Complaint complaint;
  EXPECT_TRUE(complaint.is_due(WallTime{} + 24h));
  EXPECT_TRUE(complaint.is_due(WallTime{} + 1h));
}

}  // namespace
}  // namespace sallyport
