#include "client/session/mend_pace.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours{1}};

TEST(MendPace, ALossIsPutBackAtOnce) {
  MendPace pace;
  EXPECT_EQ(pace.wait(kStart), Duration::zero());
  pace.note_look(kStart, true);
  EXPECT_EQ(pace.wait(kStart + seconds{1}), Duration::zero());
}

TEST(MendPace, AProgramThatTakesItAwayWheneverItIsBackIsAnsweredEverMoreRarely) {
  MendPace pace;
  TimePoint now = kStart;
  int looks = 0;
  for (; now < kStart + seconds{60}; ++looks) {
    pace.note_look(now, true);
    EXPECT_GT(pace.wait(now), Duration::zero());
    EXPECT_LE(pace.wait(now), MendPace::kLongestGap);
    now += pace.wait(now);
  }
  EXPECT_LE(looks, 25);
  EXPECT_GE(looks, 12) << "and never given up";
}

TEST(MendPace, WhatIsTakenAwayInARowByAServiceThatStartsAgainIsBackWithinATenthOfASecond) {
  MendPace pace;
  TimePoint now = kStart;
  for (int i = 0; i < 3; ++i) {
    now += pace.wait(now);
    pace.note_look(now, true);
  }
  EXPECT_LE(now - kStart, milliseconds{100});
}

TEST(MendPace, IsAtOnceAgainAfterACalm) {
  MendPace pace;
  TimePoint now = kStart;
  for (int i = 0; i < 20; ++i) {
    pace.note_look(now, true);
    now += pace.wait(now);
  }
  now += MendPace::kCalmGaps * MendPace::kLongestGap;
  EXPECT_EQ(pace.wait(now), Duration::zero());
  pace.note_look(now, true);
  EXPECT_EQ(pace.wait(now), MendPace::kShortestGap);
}

TEST(MendPace, LooksThatFindEverythingDelayNoneThatWouldNot) {
  MendPace pace;
  TimePoint now = kStart;
  for (int i = 0; i < 1000; ++i) {
    pace.note_look(now, false);
    EXPECT_EQ(pace.wait(now), MendPace::kShortestGap);
    now += pace.wait(now);
  }
}

}  // namespace
}  // namespace sallyport
