#include "server/gateway/outlook.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::hours;

const Now kNow{TimePoint{hours{100}}, WallTime{std::chrono::seconds{1'800'000'000}}};

Ending ending(EndingKind kind, const std::string& what, std::chrono::seconds in, bool is_due,
              std::vector<DeviceId> devices = {}) {
  return {.kind = kind,
          .at = kNow.wall + in,
          .what = what,
          .authority = {},
          .devices = std::move(devices),
          .remedy = "act",
          .is_due = is_due};
}

TEST(Outlook, IsDueOnceADay) {
  Outlook outlook;
  EXPECT_TRUE(outlook.is_due(kNow.steady));
  outlook.set({}, kNow, true);
  EXPECT_FALSE(outlook.is_due(kNow.steady + hours{23}));
  outlook.set({}, {kNow.steady + hours{23}, kNow.wall}, false);
  EXPECT_TRUE(outlook.is_due(kNow.steady + hours{24})) << "working it out in between warns nobody";
}

TEST(Outlook, IsStaleAfterAMinute) {
  Outlook outlook;
  outlook.set({}, kNow, true);
  EXPECT_FALSE(outlook.is_stale(kNow.steady + std::chrono::seconds{60}));
  EXPECT_TRUE(outlook.is_stale(kNow.steady + std::chrono::seconds{61}));
}

TEST(Outlook, IsAsOldAsWhoeverAsksAllowsUnlessItWasForgotten) {
  Outlook outlook;
  outlook.set({}, kNow, true);
  const auto number = outlook.number();
  EXPECT_FALSE(outlook.is_stale(kNow.steady + std::chrono::minutes{10}, std::chrono::minutes{10}));
  outlook.forget();
  EXPECT_TRUE(outlook.is_stale(kNow.steady, std::chrono::minutes{10}));
  outlook.set({}, kNow, false);
  EXPECT_NE(outlook.number(), number);
}

TEST(Outlook, WarnsOfEachAnchorAndOfAllDevicesTogether) {
  Outlook outlook;
  outlook.set({ending(EndingKind::RevocationList, "revocation list 3", -hours{1}, true, {DeviceId{"ana"}}),
               ending(EndingKind::Device, "the certificate of bo", hours{2}, true, {DeviceId{"bo"}}),
               ending(EndingKind::Device, "the certificate of cy", hours{3}, true, {DeviceId{"cy"}}),
               ending(EndingKind::Authority, "our own authority", hours{90}, false)},
              kNow, true);
  const auto warnings = outlook.warnings();
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_NE(warnings[0].words.find("revocation list 3 ended on"), std::string::npos) << warnings[0].words;
  EXPECT_NE(warnings[0].words.find("locks out 1: ana; to do: act"), std::string::npos) << warnings[0].words;
  EXPECT_NE(warnings[1].words.find("2 device certificates"), std::string::npos) << warnings[1].words;
  EXPECT_NE(warnings[1].words.find("bo, cy"), std::string::npos) << warnings[1].words;
  EXPECT_EQ(warnings[1].at, kNow.wall + hours{2});
}

TEST(Outlook, IsSilentWhereNothingIsDue) {
  Outlook outlook;
  outlook.set({ending(EndingKind::Device, "the certificate of bo", hours{700}, false, {DeviceId{"bo"}})}, kNow, true);
  EXPECT_TRUE(outlook.warnings().empty());
}

}  // namespace
}  // namespace sallyport
