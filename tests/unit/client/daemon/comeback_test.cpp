#include "client/daemon/comeback.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcome = Reconnect::Outcome;

constexpr TimePoint kNow{seconds{1000}};

ConnectionEnd ended(Outcome outcome, Resume resume = Resume::ByTime) {
  return {{"lost", "it is gone", {}}, outcome, resume};
}

TEST(Comeback, IsByTimeAfterALossAndLaterAfterARefusal) {
  Comeback comeback{1};
  const auto lost = comeback.plan(ended(Outcome::Lost), true, kNow);
  ASSERT_TRUE(lost);
  EXPECT_LE(*lost, milliseconds{20});
  const auto refused = comeback.plan(ended(Outcome::Refused), true, kNow);
  ASSERT_TRUE(refused);
  EXPECT_GE(*refused, seconds{15});
  EXPECT_LE(*refused, seconds{30});
  EXPECT_FALSE(comeback.rests());
}

TEST(Comeback, IsAtOnceWhereTheNextAttemptDiffers) {
  Comeback comeback{1};
  auto end = ended(Outcome::Lost);
  end.is_worth_another = true;
  EXPECT_EQ(comeback.plan(end, true, kNow), Duration{});
}

TEST(Comeback, IsWithinTheTimeThatTheGatewaySaid) {
  Comeback comeback{1};
  auto end = ended(Outcome::Lost);
  end.return_within = seconds{60};
  const auto wait = comeback.plan(end, true, kNow);
  ASSERT_TRUE(wait);
  EXPECT_LE(*wait, seconds{60});
}

TEST(Comeback, WaitsForAPacketWhereOneCanCome) {
  Comeback comeback{1};
  EXPECT_EQ(comeback.plan(ended(Outcome::Lost, Resume::WithTraffic), true, kNow), std::nullopt);
  EXPECT_TRUE(comeback.waits_for_traffic());
  EXPECT_EQ(comeback.wake(kNow + seconds{10}), Duration{});
  EXPECT_FALSE(comeback.rests());
}

TEST(Comeback, IsByTimeWhereNoPacketCanCome) {
  Comeback comeback{1};
  EXPECT_TRUE(comeback.plan(ended(Outcome::Lost, Resume::WithTraffic), false, kNow));
  EXPECT_FALSE(comeback.rests());
  EXPECT_FALSE(comeback.waits_for_traffic());
}

TEST(Comeback, IsNoSoonerByPacketsThanByTime) {
  Comeback comeback{1};
  Duration longest{};
  for (int i = 0; i < 12; ++i) {
    ASSERT_EQ(comeback.plan(ended(Outcome::Lost, Resume::WithTraffic), true, kNow), std::nullopt);
    longest = std::max(longest, comeback.wake(kNow));
  }
  EXPECT_GE(longest, seconds{5}) << "a gateway that ends each session as idle";
}

TEST(Comeback, WaitsForItsPersonHoweverMuchComes) {
  Comeback comeback{1};
  EXPECT_EQ(comeback.plan(ended(Outcome::Refused, Resume::WhenAsked), true, kNow), std::nullopt);
  EXPECT_TRUE(comeback.rests());
  EXPECT_FALSE(comeback.waits_for_traffic());
  comeback.settle();
  EXPECT_FALSE(comeback.rests());
}

}  // namespace
}  // namespace sallyport
