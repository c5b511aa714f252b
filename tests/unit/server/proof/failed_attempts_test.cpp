#include "server/proof/failed_attempts.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;

WallTime at(std::int64_t second) { return WallTime{seconds{1'800'000'000 + second}}; }

TEST(FailedAttempts, HoldUpNobodyBeforeTheFifth) {
  FailedAttempts failures;
  for (int i = 0; i < 4; ++i) {
    failures = failures.with_one_more(at(i));
    EXPECT_EQ(failures.wait(at(i)), seconds{0});
  }
  EXPECT_EQ(failures.tries_left(), 1U);
  failures = failures.with_one_more(at(4));
  EXPECT_EQ(failures.tries_left(), 0U);
  EXPECT_EQ(failures.wait(at(4)), seconds{30});
  EXPECT_EQ(failures.wait(at(33)), seconds{1});
  EXPECT_EQ(failures.wait(at(34)), seconds{0});
}

TEST(FailedAttempts, WaitTwiceAsLongEachTimeUpToAnHour) {
  FailedAttempts failures{5, at(0)};
  for (const int delay : {30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600}) {
    EXPECT_EQ(failures.delay(), seconds{delay}) << failures.count;
    failures = failures.with_one_more(at(0));
  }
  EXPECT_EQ((FailedAttempts{0xffffffffU, at(0)}.with_one_more(at(0)).delay()), seconds{3600}) << "counts no further";
}

RC_GTEST_PROP(FailedAttempts, NeverWaitLessForMoreFailuresNorEverMoreThanAnHour, (std::uint32_t count, int later)) {
  const FailedAttempts failures{count, at(0)};
  const auto wait = failures.wait(at(later));
  RC_ASSERT(wait >= seconds{0} && wait <= kLongestDelay);
  if (count < 0xffffffffU) {
    RC_ASSERT((FailedAttempts{count + 1, at(0)}.wait(at(later))) >= wait);
  }
}

TEST(FailedAttempts, AClockThatIsSetBackShortensNoWaitAndStretchesItByNoMore) {
  const FailedAttempts failures{7, at(10'000)};
  EXPECT_EQ(failures.wait(at(0)), failures.delay());
  EXPECT_EQ(failures.as_of(at(0)).wait(at(60)), failures.delay() - seconds{60});
}

}  // namespace
}  // namespace sallyport
