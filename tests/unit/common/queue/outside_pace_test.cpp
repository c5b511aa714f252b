#include "common/queue/outside_pace.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

class OutsidePaces : public testing::Test {
 protected:
  /// A second of sending as much as the path takes, with what the kernel says of it.
  void send(double octets_per_second, Duration rtt = milliseconds{40}, int lost_each_beat = 0, Duration least = {}) {
    PathSample sample{
        .rtt = rtt, .least_rtt = least == Duration{} ? rtt : least, .rate = octets_per_second, .pacing = pacing_};
    for (int i = 0; i < 1000; ++i) {
      now_ += milliseconds{1};
      if (!pace_.note(static_cast<std::size_t>(octets_per_second / 1000), now_)) continue;
      sample.retransmitted = lost_ += static_cast<std::uint64_t>(lost_each_beat);
      if (const auto limit = pace_.adapt(sample, now_)) told_ = *limit;
    }
  }

  TimePoint now_{std::chrono::hours{1}};
  OutsidePace pace_;
  std::uint64_t lost_ = 0;
  double pacing_ = 0;
  std::size_t told_ = kFirstUnsentLimit;
};

TEST_F(OutsidePaces, LetsTheKernelHoldAQuarterRoundTripOfALongPathAndFiveMillisecondsOrARoundTripOfAShortOne) {
  send(20e6);
  EXPECT_NEAR(static_cast<double>(told_), 20e6 * 0.01, 0.25 * 20e6 * 0.01);
  send(100e6, milliseconds{10});
  EXPECT_NEAR(static_cast<double>(pace_.unsent_limit()), 0.5e6, 0.125e6);
  send(200e6, milliseconds{2});
  EXPECT_NEAR(static_cast<double>(pace_.unsent_limit()), 0.4e6, 0.1e6);
  send(200e6, std::chrono::microseconds{60});
  EXPECT_NEAR(static_cast<double>(pace_.unsent_limit()), 0.2e6, 0.05e6);
  EXPECT_EQ(told_, pace_.unsent_limit());
}

TEST_F(OutsidePaces, LetsTheKernelHoldFiveMillisecondsWhereTheRoundTripIsUnknown) {
  ASSERT_TRUE(pace_.note(10'000'000, now_));
  (void)pace_.adapt(PathSample{}, now_);
  now_ += milliseconds{100};
  ASSERT_TRUE(pace_.note(10'000'000, now_));
  (void)pace_.adapt(PathSample{}, now_);
  EXPECT_NEAR(static_cast<double>(pace_.unsent_limit()), 100e6 * 0.005, 1000);
}

TEST_F(OutsidePaces, KeepsItsBounds) {
  send(100e3);
  EXPECT_EQ(told_, OutsidePace::kLeastUnsent);
  send(5e9);
  EXPECT_EQ(told_, OutsidePace::kMostUnsent);
  send(5e9, std::chrono::microseconds{900});
  EXPECT_EQ(told_, OutsidePace::kMostUnsentNear);
}

TEST_F(OutsidePaces, FollowsAPathThatGotSlower) {
  send(1e9);
  send(1e6);
  EXPECT_EQ(told_, OutsidePace::kLeastUnsent);
}

TEST_F(OutsidePaces, TellsTheKernelOnlyWhatIsAnotherLimit) {
  send(100e6);
  const auto before = told_;
  send(110e6);
  EXPECT_EQ(told_, before);
  EXPECT_EQ(pace_.unsent_limit(), before);
}

TEST_F(OutsidePaces, HoldsARoundTripWhereThePathLosesAtRandom) {
  send(20e6, milliseconds{40}, 3);
  EXPECT_NEAR(static_cast<double>(told_), 20e6 * 0.04, 0.25 * 20e6 * 0.04);
  send(20e6);
  EXPECT_NEAR(static_cast<double>(told_), 20e6 * 0.01, 0.25 * 20e6 * 0.01) << "it loses nothing any more";
}

TEST_F(OutsidePaces, HoldsWhatTheKernelMeansToSendInARoundTripWhereThePathLosesAtRandom) {
  pacing_ = 40e6;
  send(20e6);
  EXPECT_NEAR(static_cast<double>(told_), 20e6 * 0.01, 0.25 * 20e6 * 0.01);
  send(20e6, milliseconds{40}, 3);
  EXPECT_NEAR(static_cast<double>(told_), 40e6 * 0.04, 0.25 * 40e6 * 0.04);
}

TEST_F(OutsidePaces, SparesAcknowledgementsWhereThePathLosesAtRandomEitherWay) {
  send(1e6);
  EXPECT_EQ(pace_.ack_gap(), Duration{});
  send(1e6, milliseconds{40}, 1);
  EXPECT_EQ(pace_.ack_gap(), milliseconds{10});
  send(1e6);
  EXPECT_EQ(pace_.ack_gap(), Duration{}) << "it loses nothing any more";
  PathSample sample{.rtt = milliseconds{400}, .least_rtt = milliseconds{400}, .retransmitted = lost_, .disordered = 7};
  (void)pace_.adapt(sample, now_ += milliseconds{50});
  EXPECT_EQ(pace_.ack_gap(), milliseconds{50}) << "what is missing on the way to us is seen by the order of the rest";
}

TEST_F(OutsidePaces, SparesNoAcknowledgementWhereTimersAreTooCoarseForIt) {
  send(1e6, milliseconds{8}, 1);
  EXPECT_EQ(pace_.ack_gap(), milliseconds{2});
  send(1e6, milliseconds{7}, 1);
  EXPECT_EQ(pace_.ack_gap(), Duration{});
}

TEST_F(OutsidePaces, SparesNoAcknowledgementWhereAQueueStandsOnTheWay) {
  send(1e6, milliseconds{40}, 1);
  send(1e6, milliseconds{70}, 1, milliseconds{40});
  EXPECT_EQ(pace_.ack_gap(), Duration{});
}

TEST_F(OutsidePaces, DoesNotHoldMoreWhereAFullQueueOnTheWayDrops) {
  send(20e6, milliseconds{70}, 3, milliseconds{40});
  EXPECT_NEAR(static_cast<double>(told_), 20e6 * 0.01, 0.25 * 20e6 * 0.01);
}

TEST_F(OutsidePaces, CutsWhatWouldHoldUpASlowLineAndLeavesTheRestWhole) {
  send(1.25e6);
  EXPECT_EQ(pace_.largest_piece(), 1500U);
  EXPECT_EQ(pace_.batch(), 8U << 10U);
  send(25e6);
  EXPECT_NEAR(static_cast<double>(pace_.largest_piece()), 25e3, 2e3);
  send(1e9);
  EXPECT_EQ(pace_.largest_piece(), 64U << 10U);
  EXPECT_EQ(pace_.batch(), 64U << 10U);
}

TEST_F(OutsidePaces, LetsQueuesStandLongerOnALongPath) {
  send(1e6, milliseconds{2});
  EXPECT_EQ(pace_.codel().target, milliseconds{5});
  EXPECT_EQ(pace_.codel().interval, milliseconds{100});
  send(1e6, milliseconds{200});
  EXPECT_EQ(pace_.codel().target, milliseconds{100});
  EXPECT_EQ(pace_.codel().interval, milliseconds{400});
}

TEST_F(OutsidePaces, StaysAsItIsWhereTheKernelSaysNothing) {
  now_ += std::chrono::seconds{1};
  ASSERT_TRUE(pace_.note(1'000'000, now_));
  EXPECT_EQ(pace_.adapt(std::nullopt, now_), std::nullopt);
  EXPECT_EQ(pace_.unsent_limit(), kFirstUnsentLimit);
}

}  // namespace
}  // namespace sallyport
