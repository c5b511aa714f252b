#include "common/queue/haste.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class HasteTest : public testing::Test {
 protected:
  /// A second at that rate in each direction, in octets.
  void pass(double in, double out, Duration least = microseconds{60}) {
    constexpr double kSegment = 1448;
    for (int i = 0; i < 20; ++i) {
      now_ += milliseconds{50};
      received_ += in / 20;
      delivered_ += out / 20 / kSegment;
      haste_.follow({.least_rtt = least,
                     .delivered = static_cast<std::uint64_t>(delivered_),
                     .received = static_cast<std::uint64_t>(received_),
                     .segment = kSegment},
                    now_);
    }
  }

  /// Sparse packets that follow each other closely: whether exactly the last one makes haste.
  bool begin() {
    for (unsigned i = 1; i < Haste::kEnough; ++i) {
      if (haste_.note(now_)) return false;
      now_ += milliseconds{5};
    }
    return haste_.note(now_);
  }

  TimePoint now_{std::chrono::hours{1}};
  double received_ = 0;
  double delivered_ = 0;
  Haste haste_;
};

TEST_F(HasteTest, IsAskedForWhereMuchGoesEitherWayOnAShortPath) {
  EXPECT_FALSE(haste_.is_beside_much());
  pass(100e6, 0);
  EXPECT_TRUE(haste_.is_beside_much());
  pass(0, 0);
  EXPECT_FALSE(haste_.is_beside_much());
  pass(0, 100e6);
  EXPECT_TRUE(haste_.is_beside_much());
}

TEST_F(HasteTest, IsNotAskedForBesideLittle) {
  pass(10e6, 10e6);
  EXPECT_FALSE(haste_.is_beside_much());
}

TEST_F(HasteTest, IsNotAskedForOnALongerPathOrAnUnknownOne) {
  pass(100e6, 100e6, milliseconds{1});
  EXPECT_FALSE(haste_.is_beside_much());
  pass(100e6, 100e6, Duration{});
  EXPECT_FALSE(haste_.is_beside_much());
}

TEST_F(HasteTest, LastsAsLongAsSparsePacketsFollowEachOther) {
  EXPECT_FALSE(haste_.is_on(now_));
  EXPECT_TRUE(begin());
  for (int i = 0; i < 10; ++i) {
    now_ += Haste::kMemory - milliseconds{1};
    EXPECT_TRUE(haste_.is_on(now_));
    EXPECT_FALSE(haste_.note(now_)) << "it is on already";
  }
  now_ += Haste::kMemory;
  EXPECT_FALSE(haste_.is_on(now_));
  EXPECT_TRUE(begin()) << "once more";
}

TEST_F(HasteTest, IsNotMadeBySinglePackets) {
  for (int i = 0; i < 100; ++i) {
    now_ += Haste::kPause + milliseconds{1};
    for (unsigned each = 1; each < Haste::kEnough; ++each) EXPECT_FALSE(haste_.note(now_));
    EXPECT_FALSE(haste_.is_on(now_));
  }
}

}  // namespace
}  // namespace sallyport
