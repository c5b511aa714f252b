#include "common/queue/egress.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A session's way out over a path of 40 ms, on which nobody hears anything at times.
class StandingEgress : public testing::Test {
 protected:
  StandingEgress() { goes_on(); }

  void stands() { egress_.follow(PathSample{.rtt = milliseconds{40}, .resent = 1}, now_); }
  void goes_on() { egress_.follow(PathSample{.rtt = milliseconds{40}}, now_); }
  void hold(std::uint32_t number) {
    const auto bytes = packet("10.20.4.10", "10.99.0.2", tcp(443, 40000, kAck, 1400, number));
    egress_.hold(SuperPacket{bytes}, 0, {}, home_, now_);
  }
  /// Their sequence numbers.
  std::vector<std::uint32_t> take_all(Egress& egress) {
    std::vector<std::uint32_t> numbers;
    while (const auto held = egress.next(now_)) numbers.push_back(get32(held->packet.bytes, 24));
    return numbers;
  }
  static std::uint32_t get32(Bytes bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (const auto byte : bytes.subspan(at, 4)) value = value << 8U | std::to_integer<std::uint32_t>(byte);
    return value;
  }

  QueueHome home_{.pool = {}, .key = {1, 2}};
  TimePoint now_{std::chrono::hours{1}};
  Egress egress_;
};

TEST_F(StandingEgress, AsksForALookOnlyWhileSomethingWaits) {
  EXPECT_EQ(egress_.look_due(), std::nullopt);
  stands();
  EXPECT_TRUE(egress_.stands());
  EXPECT_EQ(egress_.look_due(), std::nullopt);
  hold(1);
  EXPECT_EQ(egress_.look_due(), now_ + milliseconds{20});
  goes_on();
  EXPECT_EQ(egress_.look_due(), std::nullopt) << "what waits goes now";
}

TEST_F(StandingEgress, LooksNoMoreOftenThanUsualWhereNothingStands) {
  EXPECT_TRUE(egress_.wants_look(now_));
  (void)egress_.pace().adapt(PathSample{}, now_);
  EXPECT_FALSE(egress_.wants_look(now_ + milliseconds{49}));
  EXPECT_TRUE(egress_.wants_look(now_ + milliseconds{50}));
  egress_.hear();
  EXPECT_FALSE(egress_.wants_look(now_ + milliseconds{49}));
}

TEST_F(StandingEgress, LooksAtOnceWhenSomethingCameMeanwhile) {
  stands();
  hold(1);
  EXPECT_FALSE(egress_.wants_look(now_));
  egress_.hear();
  EXPECT_TRUE(egress_.wants_look(now_));
  EXPECT_LE(egress_.look_due(), now_);
}

/// CoDel would drop what waited for so long, and what waits behind it.
TEST_F(StandingEgress, GivesAllOfItInItsOrderHoweverLongItStood) {
  stands();
  std::vector<std::uint32_t> sent;
  for (std::uint32_t i = 0; i < 60; ++i) {
    hold(i);
    sent.push_back(i);
    now_ += milliseconds{50};
    stands();
  }
  goes_on();
  std::vector<std::uint32_t> came;
  // The socket takes them within a round trip.
  for (; came.size() < sent.size(); now_ += milliseconds{1}) {
    const auto held = egress_.next(now_);
    ASSERT_TRUE(held);
    came.push_back(get32(held->packet.bytes, 24));
  }
  EXPECT_EQ(came, sent);
  EXPECT_EQ(egress_.counters(), (QueueCounters{.queued = 60, .held = 60}));
}

/// The queue of a greedy flow stood before, and was about to be told so.
TEST_F(StandingEgress, CountsNoTimeInWhichNothingCouldGo) {
  (void)egress_.pace().adapt(PathSample{.rtt = milliseconds{40}, .least_rtt = milliseconds{40}}, now_);
  for (std::uint32_t i = 0; i < 40; ++i) hold(i);
  now_ += milliseconds{60};
  ASSERT_TRUE(egress_.next(now_)) << "above its target for the first time";
  stands();
  now_ += seconds{5};
  goes_on();
  EXPECT_EQ(take_all(egress_).size(), 39U);
  EXPECT_EQ(egress_.counters().dropped_codel, 0U);
  EXPECT_EQ(egress_.counters().held, 0U) << "they waited for room";
}

TEST_F(StandingEgress, StillTellsAFlowThatKeepsAQueueOnceItGoesOn) {
  (void)egress_.pace().adapt(PathSample{.rtt = milliseconds{40}, .least_rtt = milliseconds{40}}, now_);
  stands();
  for (std::uint32_t i = 0; i < 100; ++i) hold(i);
  now_ += seconds{1};
  goes_on();
  for (int i = 0; i < 40; ++i, now_ += milliseconds{10}) (void)egress_.next(now_);
  EXPECT_GT(egress_.counters().dropped_codel, 0U);
}

TEST_F(StandingEgress, StaysWithinItsBoundAndKeepsTheNewest) {
  stands();
  for (std::uint32_t i = 0; i < 1000; ++i) {
    hold(i);
    ASSERT_LE(egress_.waiting(), Egress::kMostWaiting);
  }
  const auto dropped = egress_.counters().dropped_limit;
  EXPECT_GT(dropped, 0U);
  const auto left = take_all(egress_);
  ASSERT_EQ(left.size(), 1000 - dropped);
  EXPECT_EQ(left.back(), 999U);
}

TEST_F(StandingEgress, LeavesAllToTheNextOneWhichDoesNotStand) {
  stands();
  for (std::uint32_t i = 0; i < 5; ++i) hold(i);
  now_ += seconds{2};
  Egress next;
  next.inherit(egress_);
  EXPECT_EQ(egress_.look_due(), std::nullopt);
  EXPECT_FALSE(next.stands());
  EXPECT_EQ(take_all(next), (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(next.counters().dropped_codel, 0U);
}

TEST_F(StandingEgress, CountsWhatIsLostWithItsSession) {
  stands();
  for (std::uint32_t i = 0; i < 5; ++i) hold(i);
  egress_.release();
  egress_.release();
  EXPECT_EQ(egress_.counters(), (QueueCounters{.queued = 5, .dropped_ended = 5, .held = 5}));
}

TEST_F(StandingEgress, HoldsNothingForALinkOfWhichTheKernelSaysNothing) {
  stands();
  egress_.follow(std::nullopt, now_);
  EXPECT_FALSE(egress_.stands());
}

}  // namespace
}  // namespace sallyport
