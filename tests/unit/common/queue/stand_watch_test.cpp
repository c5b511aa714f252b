#include "common/queue/stand_watch.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class StandWatches : public testing::Test {
 protected:
  TimePoint now_{std::chrono::hours{1}};
  StandWatch watch_;
};

TEST_F(StandWatches, SeeAConnectionStandWhoseFirstSegmentWasSentAgainInVain) {
  watch_.follow({.retransmitted = 100, .disordered = 5}, now_);
  EXPECT_FALSE(watch_.stands()) << "what was lost and is repaired is no reason";
  watch_.follow({.resent = 1}, now_);
  EXPECT_TRUE(watch_.stands());
  watch_.follow({}, now_);
  EXPECT_FALSE(watch_.stands());
}

TEST_F(StandWatches, WaitForARoundTripAndMoreInWhichNothingWasAcknowledged) {
  PathSample sample{.rtt = milliseconds{40}, .delivered = 7, .resent = 1};
  watch_.follow(sample, now_);
  EXPECT_FALSE(watch_.stands()) << "something arrived since the last look, if not the first segment";
  watch_.follow(sample, now_ + milliseconds{139});
  EXPECT_FALSE(watch_.stands());
  watch_.follow(sample, now_ + milliseconds{140});
  EXPECT_TRUE(watch_.stands());
  sample.delivered = 8;
  watch_.follow(sample, now_ + milliseconds{150});
  EXPECT_FALSE(watch_.stands()) << "the other end hears";
}

TEST_F(StandWatches, SeeAnIdleOneStandThatLeavesTwoQuestionsUnanswered) {
  watch_.follow({.asked = 1}, now_);
  EXPECT_FALSE(watch_.stands()) << "its answer is on its way";
  watch_.follow({.asked = 2}, now_);
  EXPECT_TRUE(watch_.stands());
  watch_.forget();
  EXPECT_FALSE(watch_.stands());
}

TEST_F(StandWatches, LookTheMoreRarelyTheLongerItHasStood) {
  const auto wait_after = [this](Duration stood) {
    watch_.follow({.resent = 1}, now_ + stood);
    return watch_.due() - (now_ + stood);
  };
  EXPECT_EQ(wait_after({}), milliseconds{20});
  EXPECT_EQ(wait_after(milliseconds{160}), milliseconds{20});
  EXPECT_EQ(wait_after(seconds{1}), milliseconds{62} + std::chrono::microseconds{500});
  EXPECT_EQ(wait_after(seconds{30}), milliseconds{250});
  watch_.follow({}, now_ + seconds{31});
  now_ += seconds{31};
  EXPECT_EQ(wait_after(seconds{1}), milliseconds{20}) << "it began anew";
}

TEST_F(StandWatches, LookAtOnceWhenSomethingCame) {
  watch_.follow({.resent = 1}, now_);
  watch_.hasten();
  EXPECT_LE(watch_.due(), now_);
  EXPECT_TRUE(watch_.stands()) << "until the kernel says that it was heard";
}

}  // namespace
}  // namespace sallyport
