#include "client/session/path_limits.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart{hours{1000}};
const IpAddress kLaptop = *IpAddress::parse("192.0.2.10");
const IpAddress kGateway = *IpAddress::parse("203.0.113.2");
const Way kWay{kLaptop, kGateway};

TEST(PathLimits, LimitNothingAtFirst) { EXPECT_EQ(PathLimits{}.of(kWay, kStart), std::nullopt); }

TEST(PathLimits, GoDownInStepsWhereHandshakesAreSwallowed) {
  PathLimits limits;
  EXPECT_TRUE(limits.note_swallowed({kWay, std::nullopt}, kStart));
  EXPECT_EQ(limits.of(kWay, kStart), PathLimits::kSmall);
  EXPECT_TRUE(limits.note_swallowed({kWay, PathLimits::kSmall}, kStart));
  EXPECT_EQ(limits.of(kWay, kStart), PathLimits::kLeast);
}

TEST(PathLimits, HoldNothingAgainstAWayThatSwallowsTheLeastToo) {
  PathLimits limits;
  (void)limits.note_swallowed({kWay, std::nullopt}, kStart);
  EXPECT_FALSE(limits.note_swallowed({kWay, PathLimits::kLeast}, kStart)) << "another attempt would be the same";
  EXPECT_EQ(limits.of(kWay, kStart), std::nullopt);
}

TEST(PathLimits, BelongToOneWayAlone) {
  PathLimits limits;
  (void)limits.note_swallowed({kWay, std::nullopt}, kStart);
  EXPECT_EQ(limits.of({*IpAddress::parse("192.0.2.11"), kGateway}, kStart), std::nullopt) << "another network";
  EXPECT_EQ(limits.of({kLaptop, *IpAddress::parse("203.0.113.3")}, kStart), std::nullopt) << "another gateway";
}

TEST(PathLimits, TryFullSegmentsAgainEverMoreRarely) {
  PathLimits limits;
  TimePoint now = kStart;
  Duration kept = PathLimits::kFirstKept;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(limits.note_swallowed({kWay, std::nullopt}, now));
    EXPECT_EQ(limits.of(kWay, now + kept - seconds{1}), PathLimits::kSmall) << i;
    EXPECT_EQ(limits.of(kWay, now + kept), std::nullopt) << i;
    now += kept;
    kept = std::min(kept * 2, PathLimits::kLongestKept);
  }
}

TEST(PathLimits, SuspectAWayOnWhichASessionStalledForAWhile) {
  PathLimits limits;
  limits.note_stalled({kWay, std::nullopt}, kStart);
  EXPECT_EQ(limits.of(kWay, kStart), PathLimits::kSmall);
  EXPECT_EQ(limits.of(kWay, kStart + PathLimits::kSuspected), std::nullopt);
}

TEST(PathLimits, LeaveItToHandshakesToFindThatSmallSegmentsAreSwallowedToo) {
  PathLimits limits;
  limits.note_stalled({kWay, std::nullopt}, kStart);
  for (int i = 0; i < 10; ++i) limits.note_stalled({kWay, PathLimits::kSmall}, kStart + minutes{i % 3});
  EXPECT_EQ(limits.of(kWay, kStart + minutes{3}), PathLimits::kSmall)
      << "a network that comes and goes is not narrower";
  EXPECT_TRUE(limits.note_swallowed({kWay, PathLimits::kSmall}, kStart + minutes{3}));
  EXPECT_EQ(limits.of(kWay, kStart + minutes{3}), PathLimits::kLeast);
}

TEST(PathLimits, RememberABoundedNumberOfWays) {
  PathLimits limits;
  for (unsigned i = 0; i < 1000; ++i) {
    const auto from = *IpAddress::parse("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    EXPECT_TRUE(limits.note_swallowed({{from, kGateway}, std::nullopt}, kStart + seconds{i}));
    EXPECT_EQ(limits.of({from, kGateway}, kStart + seconds{i}), PathLimits::kSmall) << "the newest is known";
  }
  EXPECT_EQ(limits.of({*IpAddress::parse("10.0.0.0"), kGateway}, kStart + seconds{1000}), std::nullopt);
}

}  // namespace
}  // namespace sallyport
