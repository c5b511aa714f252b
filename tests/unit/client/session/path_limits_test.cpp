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

OuterPath full(const Way& way = kWay) { return {way, std::nullopt, true}; }
OuterPath limited(std::uint16_t octets, bool is_prompt = true) { return {kWay, octets, is_prompt}; }

TEST(PathLimits, LimitNothingAtFirst) { EXPECT_EQ(PathLimits{}.of(kWay, kStart), std::nullopt); }

TEST(PathLimits, GoDownInStepsWhereHandshakesAreSwallowed) {
  PathLimits limits;
  EXPECT_TRUE(limits.note_swallowed(full(), kStart));
  EXPECT_EQ(limits.of(kWay, kStart), PathLimits::kSmall);
  EXPECT_TRUE(limits.note_swallowed(limited(PathLimits::kSmall), kStart));
  EXPECT_EQ(limits.of(kWay, kStart), PathLimits::kLeast);
}

TEST(PathLimits, HoldNothingAgainstAWayThatSwallowsTheLeastToo) {
  PathLimits limits;
  (void)limits.note_swallowed(full(), kStart);
  EXPECT_FALSE(limits.note_swallowed(limited(PathLimits::kLeast), kStart)) << "another attempt would be the same";
  EXPECT_EQ(limits.of(kWay, kStart), std::nullopt);
}

TEST(PathLimits, BelongToOneWayAlone) {
  PathLimits limits;
  (void)limits.note_swallowed(full(), kStart);
  EXPECT_EQ(limits.of({*IpAddress::parse("192.0.2.11"), kGateway}, kStart), std::nullopt) << "another network";
  EXPECT_EQ(limits.of({kLaptop, *IpAddress::parse("203.0.113.3")}, kStart), std::nullopt) << "another gateway";
}

TEST(PathLimits, TryFullSegmentsAgainEverMoreRarely) {
  PathLimits limits;
  TimePoint now = kStart;
  Duration kept = PathLimits::kFirstKept;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(limits.note_swallowed(full(), now));
    limits.note_cured(limited(PathLimits::kSmall), now);
    EXPECT_EQ(limits.of(kWay, now + kept - seconds{1}), PathLimits::kSmall) << i;
    EXPECT_EQ(limits.of(kWay, now + kept), std::nullopt) << i;
    now += kept;
    kept = std::min(kept * 2, PathLimits::kLongestKept);
  }
}

TEST(PathLimits, RememberNothingForLongThatDidNotHelp) {
  PathLimits limits;
  EXPECT_TRUE(limits.note_swallowed(full(), kStart));
  EXPECT_EQ(limits.of(kWay, kStart + PathLimits::kTried), std::nullopt);
  limits.note_cured(limited(PathLimits::kSmall, false), kStart);
  EXPECT_EQ(limits.of(kWay, kStart + PathLimits::kTried), std::nullopt) << "its first packet was lost too";
  limits.note_cured(full(), kStart);
  EXPECT_EQ(limits.of(kWay, kStart + PathLimits::kTried), std::nullopt) << "it began before";
  limits.note_cured(limited(PathLimits::kSmall), kStart + seconds{40});
  EXPECT_EQ(limits.of(kWay, kStart + PathLimits::kFirstKept), PathLimits::kSmall);
}

TEST(PathLimits, DoubleNothingForATryThatDidNotHelp) {
  PathLimits limits;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limits.note_swallowed(full(), kStart));
  limits.note_cured(limited(PathLimits::kSmall), kStart);
  EXPECT_EQ(limits.of(kWay, kStart + PathLimits::kFirstKept), std::nullopt);
}

TEST(PathLimits, SuspectAWayOnWhichASessionStalledAndSmallSegmentsHelped) {
  PathLimits limits;
  limits.note_stalled(full(), kStart);
  EXPECT_EQ(limits.of(kWay, kStart), PathLimits::kSmall);
  limits.note_cured(limited(PathLimits::kSmall), kStart);
  EXPECT_EQ(limits.of(kWay, kStart + PathLimits::kSuspected - seconds{1}), PathLimits::kSmall);
  EXPECT_EQ(limits.of(kWay, kStart + PathLimits::kSuspected), std::nullopt);
  limits.note_cured(limited(PathLimits::kSmall), kStart + minutes{20});
  EXPECT_EQ(limits.of(kWay, kStart + minutes{20}), std::nullopt) << "nothing was being tried";
}

TEST(PathLimits, ForgetAStallThatEndedByItself) {
  PathLimits limits;
  limits.note_stalled(full(), kStart);
  limits.note_recovered(kWay);
  EXPECT_EQ(limits.of(kWay, kStart), std::nullopt);
  limits.note_cured(limited(PathLimits::kSmall), kStart);
  EXPECT_EQ(limits.of(kWay, kStart), std::nullopt) << "the second connection came too late to be the cure";
}

TEST(PathLimits, KeepWhatAHandshakeShowedOverALaterStall) {
  PathLimits limits;
  EXPECT_TRUE(limits.note_swallowed(full(), kStart));
  limits.note_cured(limited(PathLimits::kSmall), kStart);
  limits.note_stalled(full(), kStart);
  limits.note_recovered(kWay);
  EXPECT_EQ(limits.of(kWay, kStart + minutes{59}), PathLimits::kSmall);
}

TEST(PathLimits, LeaveItToHandshakesToFindThatSmallSegmentsAreSwallowedToo) {
  PathLimits limits;
  limits.note_stalled(full(), kStart);
  for (int i = 0; i < 10; ++i) limits.note_stalled(limited(PathLimits::kSmall), kStart + seconds{i});
  EXPECT_EQ(limits.of(kWay, kStart + seconds{10}), PathLimits::kSmall)
      << "a network that comes and goes is not narrower";
  EXPECT_TRUE(limits.note_swallowed(limited(PathLimits::kSmall), kStart + seconds{11}));
  EXPECT_EQ(limits.of(kWay, kStart + seconds{11}), PathLimits::kLeast);
}

TEST(PathLimits, RememberABoundedNumberOfWays) {
  PathLimits limits;
  for (unsigned i = 0; i < 1000; ++i) {
    const auto from = *IpAddress::parse("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    EXPECT_TRUE(limits.note_swallowed(full({from, kGateway}), kStart + seconds{i}));
    EXPECT_EQ(limits.of({from, kGateway}, kStart + seconds{i}), PathLimits::kSmall) << "the newest is known";
  }
  EXPECT_EQ(limits.of({*IpAddress::parse("10.0.0.0"), kGateway}, kStart + seconds{1000}), std::nullopt);
}

}  // namespace
}  // namespace sallyport
