#include "server/gateway/known_sources.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr TimePoint kStart{std::chrono::hours{100}};
IpAddress source(std::uint32_t number) { return IpAddress::v4(0xc6336400U + number); }

TEST(KnownSources, AreThoseThatADeviceCameInFrom) {
  KnownSources known;
  EXPECT_FALSE(known.has(source(1), kStart));
  known.note(source(1), kStart);
  EXPECT_TRUE(known.has(source(1), kStart));
  EXPECT_FALSE(known.has(source(2), kStart));
}

TEST(KnownSources, AreForgottenAfterADayAtMostUnlessADeviceCameAgain) {
  KnownSources known;
  known.note(source(1), kStart);
  known.note(source(2), kStart);
  known.note(source(2), kStart + KnownSources::kSpan);
  EXPECT_TRUE(known.has(source(1), kStart + KnownSources::kSpan + std::chrono::hours{1}));
  EXPECT_FALSE(known.has(source(1), kStart + 2 * KnownSources::kSpan));
  EXPECT_TRUE(known.has(source(2), kStart + 2 * KnownSources::kSpan));
  EXPECT_FALSE(known.has(source(2), kStart + 10 * KnownSources::kSpan)) << "however long nobody asked";
}

TEST(KnownSources, StayBoundedAndKeepTheNewest) {
  KnownSources known{100};
  for (std::uint32_t i = 0; i < 1000; ++i) known.note(source(i), kStart);
  EXPECT_TRUE(known.has(source(999), kStart));
  EXPECT_TRUE(known.has(source(901), kStart));
  EXPECT_FALSE(known.has(source(700), kStart));
}

}  // namespace
}  // namespace sallyport
