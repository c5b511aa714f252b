#include "client/session/reconnect.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcome = Reconnect::Outcome;

const TimePoint kStart{seconds{1000}};

TEST(Reconnect, DoublesItsBoundUpToTheLongest) {
  Reconnect reconnect{1};
  Duration bound = milliseconds{200};
  for (int i = 0; i < 20; ++i) {
    const Duration wait = reconnect.wait_after(Outcome::Lost, kStart);
    EXPECT_GE(wait, bound / 2) << i;
    EXPECT_LE(wait, bound) << i;
    bound = std::min<Duration>(bound * 2, seconds{15});
  }
}

TEST(Reconnect, SpreadsClientsOut) {
  std::set<Duration> waits;
  for (std::uint64_t seed = 0; seed < 100; ++seed) waits.insert(Reconnect{seed}.wait_after(Outcome::Lost, kStart));
  EXPECT_GT(waits.size(), 90U);
}

TEST(Reconnect, GivesTheSameWaitsForTheSameSeed) {
  Reconnect a{42};
  Reconnect b{42};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.wait_after(Outcome::Lost, kStart), b.wait_after(Outcome::Lost, kStart));
}

TEST(Reconnect, StartsAgainAfterAStableTunnel) {
  Reconnect reconnect{1};
  for (int i = 0; i < 10; ++i) (void)reconnect.wait_after(Outcome::Lost, kStart);
  reconnect.note_online(kStart);
  EXPECT_LE(reconnect.wait_after(Outcome::Lost, kStart + seconds{10}), milliseconds{200});
}

TEST(Reconnect, DoesNotStartAgainAfterAFlap) {
  Reconnect reconnect{1};
  for (int i = 0; i < 10; ++i) (void)reconnect.wait_after(Outcome::Lost, kStart);
  reconnect.note_online(kStart);
  EXPECT_GE(reconnect.wait_after(Outcome::Lost, kStart + seconds{9}), seconds{7});
}

TEST(Reconnect, WaitsLongAfterARefusal) {
  Reconnect reconnect{1};
  EXPECT_GE(reconnect.wait_after(Outcome::Refused, kStart), seconds{30});
  EXPECT_LE(reconnect.wait_after(Outcome::Refused, kStart), seconds{60});
}

TEST(Reconnect, ReturnsAtAnyMomentOfTheTimeThatTheGatewayGives) {
  Reconnect reconnect{1};
  bool early = false;
  bool late = false;
  for (int i = 0; i < 200; ++i) {
    const auto wait = reconnect.wait_within(seconds{10});
    EXPECT_GE(wait, Duration{0});
    EXPECT_LE(wait, seconds{10});
    early = early || wait < seconds{2};
    late = late || wait > seconds{8};
  }
  EXPECT_TRUE(early && late);
  EXPECT_LE(reconnect.wait_after(Outcome::Lost, kStart), milliseconds{200})
      << "and if that fails, it is the first time";
}

TEST(Reconnect, StartsAgainWhenThePersonOrTheNetworkSaysSo) {
  Reconnect reconnect{1};
  for (int i = 0; i < 10; ++i) (void)reconnect.wait_after(Outcome::Lost, kStart);
  reconnect.reset();
  EXPECT_LE(reconnect.wait_after(Outcome::Lost, kStart), milliseconds{200});
}

}  // namespace
}  // namespace sallyport
