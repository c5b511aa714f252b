#include "client/session/renewal_schedule.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kStart{seconds{1'800'000'000}};

TEST(RenewalSchedule, WaitsForTwoThirdsOfTheLifetimeAndALittle) {
  std::set<WallTime> moments;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RenewalSchedule schedule{seed};
    schedule.follow(kStart, kStart + days{90});
    EXPECT_GE(schedule.due(), kStart + days{60});
    EXPECT_LE(schedule.due(), kStart + days{60} + seconds{days{90}} / 20);
    EXPECT_FALSE(schedule.is_due(kStart + days{59}));
    EXPECT_TRUE(schedule.is_due(kStart + days{65}));
    moments.insert(schedule.due());
  }
  EXPECT_GT(moments.size(), 190U) << "laptops do not come together";
}

TEST(RenewalSchedule, IsNeverDueWithoutACertificate) {
  const RenewalSchedule schedule{1};
  EXPECT_EQ(schedule.due(), kNever);
  EXPECT_FALSE(schedule.is_due(kStart));
}

TEST(RenewalSchedule, DoesNotStartAnewWithTheSameCertificate) {
  RenewalSchedule schedule{1};
  schedule.follow(kStart, kStart + days{90});
  const auto due = schedule.due();
  schedule.follow(kStart, kStart + days{90});
  EXPECT_EQ(schedule.due(), due);
  schedule.note_failure(kStart + days{61});
  const auto again = schedule.due();
  schedule.follow(kStart, kStart + days{90});
  EXPECT_EQ(schedule.due(), again) << "a reconnect is no reason to hurry";
  schedule.follow(kStart + days{61}, kStart + days{151});
  EXPECT_GE(schedule.due(), kStart + days{121});
}

TEST(RenewalSchedule, AsksEverMoreRarelyButOftenEnough) {
  RenewalSchedule schedule{7};
  schedule.follow(kStart, kStart + days{90});
  WallTime now = kStart + days{65};
  seconds before{0};
  int attempts = 0;
  while (now < kStart + days{90}) {
    schedule.note_failure(now);
    const auto wait = schedule.due() - now;
    EXPECT_GE(wait, seconds{5});
    EXPECT_LE(wait, hours{15});
    EXPECT_GE(wait * 3, before) << "about as long or longer than the wait before";
    before = wait;
    now = schedule.due();
    ++attempts;
  }
  EXPECT_GE(attempts, 40);
  EXPECT_LE(attempts, 120);
}

/// With a clock ten years ahead every attempt fails: its gateway's certificate has expired.
TEST(RenewalSchedule, DoesNotWaitForAYearThatAWrongClockHadShown) {
  RenewalSchedule schedule{5};
  schedule.follow(kStart, kStart + days{90});
  const auto due = schedule.due();
  schedule.note_failure(kStart + days{3650});
  schedule.follow_clock(kStart + days{3650});
  EXPECT_GT(schedule.due(), kStart + days{3650});
  schedule.follow_clock(kStart + days{30});
  EXPECT_EQ(schedule.due(), due);
  schedule.note_failure(kStart + days{70});
  schedule.follow_clock(kStart + days{70} - seconds{2});
  EXPECT_GT(schedule.due(), kStart + days{70}) << "a clock that is corrected a little is no reason to hurry";
}

TEST(RenewalSchedule, LeavesABriefLifetimeSeveralAttempts) {
  RenewalSchedule schedule{3};
  schedule.follow(kStart, kStart + seconds{99});
  EXPECT_LE(schedule.due(), kStart + seconds{71});
  WallTime now = schedule.due();
  int attempts = 0;
  while (now < kStart + seconds{99}) {
    schedule.note_failure(now);
    now = schedule.due();
    ++attempts;
  }
  EXPECT_GE(attempts, 4);
}

TEST(RenewalSchedule, IsDueAtOnceForACertificateThatIsOver) {
  RenewalSchedule schedule{3};
  schedule.follow(kStart, kStart + days{90});
  EXPECT_TRUE(schedule.is_due(kStart + days{91}));
  RenewalSchedule inverted{3};
  inverted.follow(kStart, kStart - days{1});
  EXPECT_TRUE(inverted.is_due(kStart));
}

TEST(RenewalSchedule, ComesForwardWhenItIsAskedTo) {
  std::set<WallTime> moments;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RenewalSchedule schedule{seed};
    schedule.follow(kStart, kStart + days{90});
    schedule.hurry(kStart + days{1}, hours{24});
    EXPECT_GE(schedule.due(), kStart + days{1});
    EXPECT_LE(schedule.due(), kStart + days{2});
    moments.insert(schedule.due());
  }
  EXPECT_GT(moments.size(), 190U) << "laptops do not come together";
}

TEST(RenewalSchedule, IsNeverPutOffByBeingAskedTo) {
  RenewalSchedule schedule{1};
  schedule.follow(kStart, kStart + days{90});
  const auto due = schedule.due();
  schedule.hurry(kStart + days{59}, days{30});
  EXPECT_LE(schedule.due(), due);
  RenewalSchedule none{1};
  none.hurry(kStart, seconds{1});
  EXPECT_EQ(none.due(), kNever) << "there is nothing to renew";
}

TEST(RenewalSchedule, ComesForwardOnceAMinuteAtMost) {
  RenewalSchedule schedule{1};
  for (int asked = 0; asked < 100; ++asked) {
    schedule.follow(kStart + seconds{asked}, kStart + days{90});
    schedule.hurry(kStart + days{1}, seconds{1});
  }
  EXPECT_GT(schedule.due(), kStart + days{59}) << "a gateway cannot make it renew without end";
  schedule.hurry(kStart + days{1} + seconds{60}, seconds{1});
  EXPECT_LE(schedule.due(), kStart + days{1} + seconds{61});
}

}  // namespace
}  // namespace sallyport
