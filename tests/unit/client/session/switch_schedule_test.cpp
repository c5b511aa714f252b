#include "client/session/switch_schedule.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SwitchSchedule, NeverStopsTryingAndSoonTriesRarely) {
  SwitchSchedule schedule{7};
  schedule.want();
  Duration bound = SwitchSchedule::kFirst;
  for (int i = 0; i < 100; ++i) {
    const auto wait = schedule.wait_after_failure();
    EXPECT_GE(wait, bound / 2);
    EXPECT_LE(wait, bound);
    EXPECT_TRUE(schedule.is_wanted());
    bound = std::min(bound * 2, SwitchSchedule::kLongest);
  }
  EXPECT_GE(schedule.wait_after_failure(), seconds{15});
}

TEST(SwitchSchedule, TriesTwiceInTheFirstSecond) {
  SwitchSchedule schedule{7};
  schedule.want();
  EXPECT_LE(schedule.wait_after_failure() + schedule.wait_after_failure(), milliseconds{750});
}

TEST(SwitchSchedule, StartsAnewForAnotherReason) {
  SwitchSchedule schedule{7};
  schedule.want();
  for (int i = 0; i < 10; ++i) (void)schedule.wait_after_failure();
  schedule.want();
  EXPECT_LE(schedule.wait_after_failure(), SwitchSchedule::kFirst);
}

TEST(SwitchSchedule, WantsNothingBeforeItIsAskedAndAfterItHasChanged) {
  SwitchSchedule schedule{7};
  EXPECT_FALSE(schedule.is_wanted());
  schedule.want();
  schedule.settle();
  EXPECT_FALSE(schedule.is_wanted());
}

}  // namespace
}  // namespace sallyport
