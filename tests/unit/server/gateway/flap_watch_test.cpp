#include "server/gateway/flap_watch.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours{1}};
const DeviceId kDevice{"ana-laptop"};

TEST(FlapWatch, SaysNothingUpToSixInAMinute) {
  FlapWatch watch;
  for (int i = 0; i < 600; ++i) EXPECT_EQ(watch.note(kDevice, kStart + seconds{10 * i}), std::nullopt) << i;
}

TEST(FlapWatch, RaisesTheSeventhInAMinuteAndOnceAMinute) {
  FlapWatch watch;
  for (int i = 0; i < 6; ++i) EXPECT_EQ(watch.note(kDevice, kStart + seconds{i}), std::nullopt);
  EXPECT_EQ(watch.note(kDevice, kStart + seconds{6}), 7U);
  for (int i = 7; i < 66; ++i) EXPECT_EQ(watch.note(kDevice, kStart + seconds{i}), std::nullopt);
  EXPECT_TRUE(watch.note(kDevice, kStart + seconds{66}));
}

TEST(FlapWatch, KeepsDevicesApart) {
  FlapWatch watch;
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(watch.note(DeviceId{"device-" + std::to_string(i % 10)}, kStart + seconds{i}), std::nullopt);
}

TEST(FlapWatch, ForgetsAfterAMinute) {
  FlapWatch watch;
  for (int i = 0; i < 7; ++i) (void)watch.note(kDevice, kStart);
  EXPECT_EQ(watch.note(kDevice, kStart + seconds{60}), std::nullopt);
}

}  // namespace
}  // namespace sallyport
