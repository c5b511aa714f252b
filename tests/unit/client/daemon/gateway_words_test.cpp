#include "client/daemon/gateway_words.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr TimePoint kStart{std::chrono::hours{1}};

TEST(GatewayWords, AreManyAtOnceAndFewOnTheLongRun) {
  GatewayWords words;
  int told = 0;
  for (int i = 0; i < 1000; ++i) told += words.may_tell(kStart) ? 1 : 0;
  EXPECT_EQ(told, GatewayWords::kAtOnce);
  EXPECT_EQ(words.take_left_out(), 800U);
  EXPECT_EQ(words.take_left_out(), 0U);
  // For a day, each second.
  constexpr auto kDay = std::chrono::hours{24};
  told = 0;
  for (auto now = kStart; now < kStart + kDay; now += std::chrono::seconds{1}) told += words.may_tell(now) ? 1 : 0;
  EXPECT_LE(told, kDay / GatewayWords::kInterval);
  EXPECT_GE(told, kDay / GatewayWords::kInterval - 1);
}

TEST(GatewayWords, AreManyAgainAfterSilence) {
  GatewayWords words;
  for (int i = 0; i < 1000; ++i) (void)words.may_tell(kStart);
  const auto later = kStart + GatewayWords::kInterval * GatewayWords::kAtOnce;
  int told = 0;
  for (int i = 0; i < 1000; ++i) told += words.may_tell(later) ? 1 : 0;
  EXPECT_EQ(told, GatewayWords::kAtOnce);
}

}  // namespace
}  // namespace sallyport
