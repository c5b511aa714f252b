#include "server/trust/forecast_figures.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::days;

const WallTime kNow{std::chrono::seconds{1'800'000'000}};

Ending ending(EndingKind kind, days in, std::vector<DeviceId> devices, bool is_due = false) {
  return {.kind = kind,
          .at = kNow + in,
          .what = "something",
          .authority = {},
          .devices = std::move(devices),
          .remedy = "act",
          .is_due = is_due};
}

const std::vector<Ending> kEndings{
    ending(EndingKind::RevocationList, days{-1}, {DeviceId{"ana"}, DeviceId{"bo"}}, true),
    ending(EndingKind::Device, days{2}, {DeviceId{"ana"}}, true),
    ending(EndingKind::RevocationList, days{3}, {DeviceId{"bo"}, DeviceId{"cy"}}),
    ending(EndingKind::Device, days{20}, {DeviceId{"bo"}}),
    ending(EndingKind::Authority, days{20}, {}),
};

TEST(ForecastFigures, CountWhatEndsByKindAndTime) {
  const ForecastFigures figures{kEndings};
  EXPECT_EQ(figures.endings(EndingKind::RevocationList, kNow), 1U) << "it has ended";
  EXPECT_EQ(figures.endings(EndingKind::RevocationList, kNow + days{7}), 2U);
  EXPECT_EQ(figures.endings(EndingKind::Device, kNow + days{1}), 0U);
  EXPECT_EQ(figures.endings(EndingKind::Device, kNow + days{30}), 2U);
  EXPECT_EQ(figures.endings(EndingKind::Gateway, kNow + days{30}), 0U);
  EXPECT_EQ(figures.overdue(EndingKind::Device), 1U);
  EXPECT_EQ(figures.overdue(EndingKind::Authority), 0U);
}

TEST(ForecastFigures, CountEachDeviceOnceAndFromItsFirstLockoutOn) {
  const ForecastFigures figures{kEndings};
  EXPECT_EQ(figures.locked_out(EndingKind::RevocationList, kNow), 2U);
  EXPECT_EQ(figures.locked_out(EndingKind::RevocationList, kNow + days{7}), 3U) << "bo is counted already";
  EXPECT_EQ(figures.locked_out(EndingKind::Authority, kNow + days{30}), 0U);
}

TEST(ForecastFigures, KnowTheFirstEndOfEachKind) {
  const ForecastFigures figures{kEndings};
  EXPECT_EQ(figures.first(EndingKind::Device), kNow + days{2});
  EXPECT_EQ(figures.first(EndingKind::Gateway), std::nullopt);
  EXPECT_EQ(ForecastFigures{}.first(EndingKind::Device), std::nullopt);
}

}  // namespace
}  // namespace sallyport
