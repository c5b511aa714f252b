#include "common/tls/key_update_limit.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;

TEST(KeyUpdateLimit, AdmitsSixteenAMinuteForEver) {
  KeyUpdateLimit limit;
  TimePoint now{};
  for (std::uint64_t count = 0; count <= 160; ++count, now += seconds{4})
    EXPECT_TRUE(limit.admits(count, now)) << count;
}

TEST(KeyUpdateLimit, RefusesTheSeventeenthWithinAMinute) {
  KeyUpdateLimit limit;
  const TimePoint now{seconds{100}};
  EXPECT_TRUE(limit.admits(16, now));
  EXPECT_TRUE(limit.admits(16, now + seconds{59}));
  EXPECT_FALSE(limit.admits(17, now + seconds{59}));
}

TEST(KeyUpdateLimit, RefusesABurstAtOnce) {
  KeyUpdateLimit limit;
  EXPECT_FALSE(limit.admits(17, TimePoint{}));
}

TEST(KeyUpdateLimit, StartsAfreshAfterAQuietMinute) {
  KeyUpdateLimit limit;
  EXPECT_TRUE(limit.admits(16, TimePoint{}));
  EXPECT_TRUE(limit.admits(32, TimePoint{seconds{60}}));
  EXPECT_FALSE(limit.admits(33, TimePoint{seconds{61}}));
}

}  // namespace
}  // namespace sallyport
