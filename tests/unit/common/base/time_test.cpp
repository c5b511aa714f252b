#include "common/base/time.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(FormatUtc, WritesRfc3339AndParsesItBack) {
  const WallTime time = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::seconds{19403};
  EXPECT_EQ(format_utc(time), "2026-11-21T05:23:23Z");
  EXPECT_EQ(parse_utc("2026-11-21T05:23:23Z"), time);
}

TEST(FormatUtc, SaysNeverForTheEndOfTime) { EXPECT_EQ(format_utc(kNever), "never"); }

TEST(ParseUtc, TakesADateAsItsMidnight) {
  EXPECT_EQ(parse_utc("2027-01-31"), WallTime{std::chrono::sys_days{std::chrono::year{2027} / 1 / 31}});
}

TEST(ParseUtc, RefusesEverythingElse) {
  for (const auto* bad : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-21 05:23:23Z", "2026-11-21T05:23:23",
                          "2026-11-21T24:00:00Z", "2026-11-21T05:23:23Z ", "2026-1x-21"}) {
    EXPECT_EQ(parse_utc(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace sallyport
