#include "server/revocation/poll_schedule.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours{1}};

TEST(PollSchedule, BeginsAtOnceAndKeepsItsInterval) {
  PollSchedule schedule{minutes{5}};
  EXPECT_TRUE(schedule.is_due(kStart));
  schedule.succeeded(kStart);
  EXPECT_FALSE(schedule.is_due(kStart + minutes{5} - seconds{1}));
  EXPECT_TRUE(schedule.is_due(kStart + minutes{5}));
}

TEST(PollSchedule, TriesSoonerAfterAFailureAndEverMoreRarely) {
  PollSchedule schedule{minutes{1}};
  std::vector<seconds> waits;
  for (int i = 0; i < 6; ++i) {
    schedule.failed(kStart);
    waits.push_back(std::chrono::duration_cast<seconds>(schedule.next() - kStart));
  }
  EXPECT_EQ(waits, (std::vector<seconds>{seconds{5}, seconds{10}, seconds{20}, seconds{40}, seconds{60}, seconds{60}}));
  schedule.succeeded(kStart);
  schedule.failed(kStart);
  EXPECT_EQ(schedule.next(), kStart + seconds{5}) << "one success is a new beginning";
}

TEST(PollSchedule, NeverWaitsLongerThanItsInterval) {
  PollSchedule schedule{seconds{2}};
  for (int i = 0; i < 100; ++i) schedule.failed(kStart);
  EXPECT_EQ(schedule.next(), kStart + seconds{2});
}

}  // namespace
}  // namespace sallyport
