#include "server/gateway/source_limiter.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr TimePoint kStart{std::chrono::hours{1}};
const SourceLimits kLimits{.per_second = 2, .burst = 3, .tracked = 2};

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(SourceLimiter, LetsABurstThroughAndThenTheRate) {
  SourceLimiter limiter{kLimits};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.admit(address("192.0.2.1"), kStart));
  EXPECT_FALSE(limiter.admit(address("192.0.2.1"), kStart));
  EXPECT_TRUE(limiter.admit(address("192.0.2.1"), kStart + std::chrono::milliseconds{500}));
  EXPECT_FALSE(limiter.admit(address("192.0.2.1"), kStart + std::chrono::milliseconds{500}));
}

TEST(SourceLimiter, DoesNotCountWhatCameToSomethingAndSavesUpNothingByIt) {
  SourceLimiter limiter{kLimits};
  const auto router = address("192.0.2.1");
  for (int laptop = 0; laptop < 100; ++laptop) {
    ASSERT_TRUE(limiter.admit(router, kStart)) << laptop;
    limiter.give_back(router);
  }
  for (int i = 0; i < 5; ++i) limiter.give_back(router);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.admit(router, kStart));
  EXPECT_FALSE(limiter.admit(router, kStart)) << "the burst, and no more";
  limiter.give_back(address("192.0.2.9"));
}

TEST(SourceLimiter, KeepsSourcesApart) {
  SourceLimiter limiter{kLimits};
  for (int i = 0; i < 4; ++i) (void)limiter.admit(address("192.0.2.1"), kStart);
  EXPECT_TRUE(limiter.admit(address("192.0.2.2"), kStart));
}

TEST(SourceLimiter, CountsAnIpv6NetworkAsOneSource) {
  SourceLimiter limiter{kLimits};
  for (const auto* text : {"2001:db8::1", "2001:db8::2", "2001:db8::3"}) {
    EXPECT_TRUE(limiter.admit(address(text), kStart));
  }
  EXPECT_FALSE(limiter.admit(address("2001:db8::4"), kStart));
  EXPECT_TRUE(limiter.admit(address("2001:db8:0:1::1"), kStart));
}

TEST(SourceLimiter, RefusesNewSourcesWhenItCannotTellMoreApart) {
  SourceLimiter limiter{kLimits};
  EXPECT_TRUE(limiter.admit(address("192.0.2.1"), kStart));
  EXPECT_TRUE(limiter.admit(address("192.0.2.2"), kStart));
  EXPECT_FALSE(limiter.admit(address("192.0.2.3"), kStart));
}

TEST(SourceLimiter, ForgetsSourcesThatWereQuiet) {
  SourceLimiter limiter{kLimits};
  (void)limiter.admit(address("192.0.2.1"), kStart);
  (void)limiter.admit(address("192.0.2.2"), kStart);
  EXPECT_TRUE(limiter.admit(address("192.0.2.3"), kStart + std::chrono::seconds{10}));
}

}  // namespace
}  // namespace sallyport
