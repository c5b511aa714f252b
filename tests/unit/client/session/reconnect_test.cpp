#include "client/session/reconnect.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcome = Reconnect::Outcome;

const TimePoint kStart{seconds{1000}};

TEST(Reconnect, TriesAlmostAtOnceThenDoublesItsBoundUpToTheLongest) {
  Reconnect reconnect{1};
  Duration bound = milliseconds{20};
  for (int i = 0; i < 20; ++i) {
    const Duration wait = reconnect.wait_after(Outcome::Lost, kStart);
    EXPECT_GE(wait, bound / 2) << i;
    EXPECT_LE(wait, bound) << i;
    bound = std::min<Duration>(bound * 2, seconds{15});
  }
}

TEST(Reconnect, FindsAGatewayThatComesBackWithinAThirtySecondOfItsAbsence) {
  Reconnect reconnect{1};
  TimePoint now = kStart + reconnect.wait_after(Outcome::Lost, kStart);
  while (now < kStart + seconds{60}) {
    const Duration wait = reconnect.wait_after(Outcome::Absent, now);
    EXPECT_LE(wait, std::max<Duration>((now - kStart) / 32, milliseconds{20}));
    EXPECT_GE(wait, milliseconds{10}) << "and does not ask without a pause";
    now += wait;
  }
}

TEST(Reconnect, DoesNotHammerAGatewayThatIsAwayForLong) {
  Reconnect reconnect{1};
  TimePoint now = kStart;
  int attempts = 0;
  for (; now < kStart + std::chrono::hours{1}; ++attempts) now += reconnect.wait_after(Outcome::Absent, now);
  EXPECT_LT(attempts, 740) << "about twelve in a minute over the hour";
  EXPECT_GE(reconnect.wait_after(Outcome::Absent, now), milliseconds{7500});
}

TEST(Reconnect, GivesAGatewayThatListensAndHasTroubleMoreTime) {
  Reconnect reconnect{1};
  for (int i = 0; i < 6; ++i) (void)reconnect.wait_after(Outcome::Lost, kStart);
  EXPECT_LE(reconnect.wait_after(Outcome::Absent, kStart), milliseconds{20});
  EXPECT_GE(reconnect.wait_after(Outcome::Lost, kStart), milliseconds{600}) << "its own bound is as it was";
}

TEST(Reconnect, CountsAnAbsenceFromTheLastSession) {
  Reconnect reconnect{1};
  (void)reconnect.wait_after(Outcome::Absent, kStart);
  EXPECT_GE(reconnect.wait_after(Outcome::Absent, kStart + seconds{160}), milliseconds{2500});
  reconnect.note_online(kStart + seconds{170});
  EXPECT_LE(reconnect.wait_after(Outcome::Absent, kStart + seconds{200}), milliseconds{20});
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
  EXPECT_LE(reconnect.wait_after(Outcome::Lost, kStart + seconds{10}), milliseconds{20});
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
    reconnect.note_online(kStart);
    const auto wait = reconnect.wait_within(seconds{10}, kStart + seconds{10});
    EXPECT_GE(wait, Duration{0});
    EXPECT_LE(wait, seconds{10});
    early = early || wait < seconds{2};
    late = late || wait > seconds{8};
  }
  EXPECT_TRUE(early && late);
  EXPECT_LE(reconnect.wait_after(Outcome::Lost, kStart), milliseconds{40})
      << "and if that fails, it is the second time";
}

TEST(Reconnect, GivesAGatewayThatEndsEachSessionAtOnceEverMoreTime) {
  Reconnect reconnect{1};
  TimePoint now = kStart;
  int sessions = 0;
  for (; now < kStart + std::chrono::hours{1}; ++sessions) {
    reconnect.note_online(now);
    now += reconnect.wait_within(seconds{1}, now + milliseconds{5});
  }
  EXPECT_LT(sessions, 500);
  EXPECT_GE(reconnect.wait_within(seconds{1}, now), milliseconds{7500});
}

TEST(Reconnect, StartsAgainWhenThePersonOrTheNetworkSaysSo) {
  Reconnect reconnect{1};
  for (int i = 0; i < 10; ++i) (void)reconnect.wait_after(Outcome::Lost, kStart);
  reconnect.reset();
  EXPECT_LE(reconnect.wait_after(Outcome::Lost, kStart), milliseconds{20});
}

}  // namespace
}  // namespace sallyport
