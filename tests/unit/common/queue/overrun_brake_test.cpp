#include "common/queue/overrun_brake.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kLine = 25e6;
constexpr std::uint64_t kSegment = 1448;

class OverrunBrakes : public testing::Test {
 protected:
  /// So long at a rate of deliveries, of which a share more was lost on the way.
  void send(Duration time, double rate, double lost, Duration rtt) {
    for (Duration done{}; done < time; done += milliseconds{50}) {
      now_ += milliseconds{50};
      delivered_ += rate * 0.05 / kSegment;
      retransmitted_ += rate * 0.05 / kSegment * lost;
      const PathSample sample{.rtt = rtt,
                              .least_rtt = milliseconds{40},
                              .rate = rate,
                              .retransmitted = static_cast<std::uint64_t>(retransmitted_),
                              .sent = static_cast<std::uint64_t>(delivered_ + retransmitted_),
                              .delivered = static_cast<std::uint64_t>(delivered_),
                              .segment = kSegment};
      if (const auto limit = brake_.follow(sample, now_)) limit_ = *limit;
    }
  }
  void overfill() { send(seconds{1}, kLine, 0.13, milliseconds{64}); }
  double limit() const { return static_cast<double>(limit_); }

  TimePoint now_{std::chrono::hours{1}};
  double delivered_ = 0;
  double retransmitted_ = 0;
  OverrunBrake brake_;
  std::uint64_t limit_ = OverrunBrake::kNone;
};

TEST_F(OverrunBrakes, HoldAConnectionThatOverfillsTheQueueToWhatArrives) {
  overfill();
  EXPECT_LT(limit(), kLine);
  EXPECT_GE(limit(), 0.8 * kLine);
}

TEST_F(OverrunBrakes, LeaveLossAloneThatIsNotOfOurMaking) {
  send(seconds{5}, kLine, 0.05, milliseconds{64});
  EXPECT_EQ(limit_, OverrunBrake::kNone) << "little";
  send(seconds{5}, kLine, 0.2, milliseconds{42});
  EXPECT_EQ(limit_, OverrunBrake::kNone) << "nothing waits on the way";
  send(seconds{5}, 80e3, 0.5, milliseconds{64});
  EXPECT_EQ(limit_, OverrunBrake::kNone) << "too few packets to say";
}

TEST_F(OverrunBrakes, DoNotTakeABurstForAPathThatIsOverfilled) {
  send(milliseconds{200}, kLine, 0.4, milliseconds{64});
  send(seconds{2}, kLine, 0, milliseconds{42});
  EXPECT_EQ(limit_, OverrunBrake::kNone);
}

TEST_F(OverrunBrakes, NeverFollowTheirOwnLimitDown) {
  overfill();
  const double found = limit();
  for (int i = 0; i < 8; ++i) send(seconds{1}, limit(), 0.2, milliseconds{64});
  EXPECT_GE(limit(), 0.84 * found);
}

TEST_F(OverrunBrakes, LetItHaveMoreOnceTheQueueIsGone) {
  overfill();
  const double before = limit();
  send(seconds{1}, before, 0, milliseconds{41});
  EXPECT_GT(limit(), 1.1 * before);
}

TEST_F(OverrunBrakes, LetGoOfAPathThatLosesAllTheSame) {
  overfill();
  send(milliseconds{600}, limit(), 0.01, milliseconds{47});
  EXPECT_EQ(limit_, OverrunBrake::kNone);
}

TEST_F(OverrunBrakes, LetThePathShowWhatItTakesAfterAWhile) {
  overfill();
  send(seconds{10}, kLine, 0, milliseconds{47});
  EXPECT_EQ(limit_, OverrunBrake::kNone);
  overfill();
  EXPECT_LT(limit(), kLine);
  now_ += std::chrono::minutes{1};
  send(milliseconds{50}, kLine, 0, milliseconds{47});
  EXPECT_EQ(limit_, OverrunBrake::kNone) << "nothing was sent for a while";
}

}  // namespace
}  // namespace sallyport
