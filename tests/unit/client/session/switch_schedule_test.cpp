#include "client/session/switch_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(SwitchSchedule, StartsAnewWhenWhatFailedMayBeMendedAndNotForEveryWord) {
  SwitchSchedule schedule{7};
  schedule.want();
  for (int i = 0; i < 10; ++i) (void)schedule.wait_after_failure();
  schedule.want();
  EXPECT_GT(schedule.wait_after_failure(), seconds{10}) << "a gateway that repeats itself is tried no sooner";
  schedule.want_anew();
  EXPECT_LE(schedule.wait_after_failure(), SwitchSchedule::kFirst);
  schedule.settle();
  schedule.want();
  EXPECT_LE(schedule.wait_after_failure(), SwitchSchedule::kFirst);
}

/// A gateway that asks for the next session `after` each change, for an hour: the changes that it gets.
class Insisting {
 public:
  explicit Insisting(Duration after) {
    const TimePoint end = now + std::chrono::hours{1};
    while (now < end) {
      now += after;
      schedule.want();
      while (true) {
        const Duration wait = schedule.begin(now);
        if (wait == Duration::zero()) break;
        now += wait;
        longest = std::max(longest, wait);
      }
      schedule.note_change(now);
    }
  }
  TimePoint now{std::chrono::hours{1}};
  SwitchSchedule schedule{7};
  Duration longest{};
};

TEST(SwitchSchedule, AGatewayThatAsksForOneChangeAfterTheOtherWaitsEverLonger) {
  const Insisting hostile{milliseconds{1}};
  EXPECT_LE(hostile.schedule.counts().done, 130U);
  EXPECT_GE(hostile.longest, seconds{29});
  EXPECT_GE(hostile.schedule.counts().held_back, hostile.schedule.counts().done - 2);
}

TEST(SwitchSchedule, OneThatSpreadsThemIsHeldBackInTheEndToo) {
  for (const auto after : {milliseconds{400}, milliseconds{501}, milliseconds{1'400}}) {
    const Insisting hostile{after};
    EXPECT_LE(hostile.schedule.counts().done, 60U + 3'600U / 30U + 1U) << after.count();
  }
}

TEST(SwitchSchedule, SessionsOfTheShortestLifetimeFollowEachOtherForAMinuteAndAHalfUnhindered) {
  TimePoint now{std::chrono::hours{1}};
  SwitchSchedule schedule{7};
  for (int i = 0; i < 60; ++i) {
    schedule.want();
    EXPECT_EQ(schedule.begin(now), Duration::zero()) << i;
    schedule.note_change(now);
    now += milliseconds{1'400};
  }
  EXPECT_EQ(schedule.counts(), (SwitchSchedule::Counts{60, 60, 0}));
}

TEST(SwitchSchedule, OrdinaryLifetimesAreNeverHeldBack) {
  TimePoint now{std::chrono::hours{1}};
  SwitchSchedule schedule{7};
  for (int i = 0; i < 1'000; ++i) {
    schedule.want();
    EXPECT_EQ(schedule.begin(now), Duration::zero()) << i;
    schedule.note_change(now);
    now += std::chrono::minutes{1};
  }
}

TEST(SwitchSchedule, FailuresAreTriedAgainWithoutWaitingForTheGap) {
  TimePoint now{std::chrono::hours{1}};
  SwitchSchedule schedule{7};
  schedule.want();
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(schedule.begin(now), Duration::zero());
    now += schedule.wait_after_failure();
  }
  EXPECT_EQ(schedule.counts().held_back, 0U);
}

TEST(SwitchSchedule, ForgetsWhatWasWhenItsPersonBeginsAnew) {
  Insisting hostile{milliseconds{1}};
  hostile.schedule.forget();
  EXPECT_EQ(hostile.schedule.counts(), SwitchSchedule::Counts{});
  EXPECT_EQ(hostile.schedule.begin(hostile.now), Duration::zero());
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
