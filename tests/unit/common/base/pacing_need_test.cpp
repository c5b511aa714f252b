#include "common/base/pacing_need.hpp"

#include "common/base/congestion.hpp"
#include "common/base/file_descriptor.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::hours{1}};

PathSample near_path(std::uint64_t sent, std::uint64_t retransmitted) {
  return {.rtt = 400us, .least_rtt = 60us, .rate = 1e9, .retransmitted = retransmitted, .sent = sent};
}

FileDescriptor tcp_socket() { return FileDescriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }

bool has_bbr() { return use_congestion(tcp_socket().get(), std::string{kUsualCongestion}).has_value(); }

TEST(PacingNeed, IsNotThereOnANearPathThatLosesNothing) {
  PacingNeed need;
  for (std::uint64_t second = 0; second < 100; ++second) {
    EXPECT_FALSE(need.note(near_path(second * 100'000, 0), kStart + std::chrono::seconds{second}));
  }
}

TEST(PacingNeed, IsThereFromARoundTripOfAMillisecondOn) {
  auto sample = near_path(10, 0);
  PacingNeed need;
  sample.least_rtt = 1ms;
  EXPECT_FALSE(need.note(sample, kStart)) << "whoever answered may have been busy";
  EXPECT_FALSE(need.note(sample, kStart + 999ms));
  EXPECT_TRUE(need.note(sample, kStart + 1s));
  sample.least_rtt = 999us;
  EXPECT_FALSE(need.note(sample, kStart + 2s));
}

TEST(PacingNeed, IsThereAtOnceFromFiveMillisecondsOn) {
  auto sample = near_path(10, 0);
  sample.least_rtt = 5ms;
  EXPECT_TRUE(PacingNeed{}.note(sample, kStart));
}

TEST(PacingNeed, IsThereWhereTheRoundTripIsUnknown) {
  auto sample = near_path(10, 0);
  sample.least_rtt = {};
  EXPECT_TRUE(PacingNeed{}.note(sample, kStart));
}

TEST(PacingNeed, IsThereOnceOneSegmentOfAThousandIsLost) {
  PacingNeed need;
  EXPECT_FALSE(need.note(near_path(1'000'000, 0), kStart));
  EXPECT_FALSE(need.note(near_path(1'100'000, 99), kStart + 1s));
  EXPECT_FALSE(need.note(near_path(1'150'000, 200), kStart + 1500ms)) << "within the same second";
  EXPECT_TRUE(need.note(near_path(1'200'000, 200), kStart + 2s));
}

TEST(PacingNeed, IsNotThereForAFewLostSegmentsOfAFew) {
  PacingNeed need;
  EXPECT_FALSE(need.note(near_path(100, 0), kStart));
  EXPECT_FALSE(need.note(near_path(200, PacingNeed::kFewestLost - 1), kStart + 1s));
  EXPECT_FALSE(need.note(near_path(300, 2 * PacingNeed::kFewestLost - 2), kStart + 2s)) << "counted for each second";
  EXPECT_TRUE(need.note(near_path(400, 3 * PacingNeed::kFewestLost - 2), kStart + 3s));
}

TEST(PacingNeed, IsThereWhereAQueueStandsOnANearPathThatLosesNothing) {
  PacingNeed need;
  auto sample = near_path(0, 0);
  sample.rtt = 80ms;
  EXPECT_FALSE(need.note(sample, kStart));
  sample.sent = 1'700;  // 20 Mbit/s
  EXPECT_FALSE(need.note(sample, kStart + 1s)) << "the other end may be busy for a moment";
  sample.sent = 3'400;
  EXPECT_FALSE(need.note(sample, kStart + 1900ms)) << "within the same second";
  EXPECT_TRUE(need.note(sample, kStart + 2s));
}

TEST(PacingNeed, IsNotThereForAQueueThatComesAndGoes) {
  PacingNeed need;
  for (std::uint64_t second = 0; second < 100; ++second) {
    auto sample = near_path(second * 1'700, 0);
    sample.rtt = second % 2 == 0 ? 80ms : 4ms;
    EXPECT_FALSE(need.note(sample, kStart + std::chrono::seconds{second}));
  }
}

TEST(PacingNeed, IsNotThereWhereAcknowledgementsOfLittleArePutOff) {
  PacingNeed need;
  for (std::uint64_t second = 0; second < 100; ++second) {
    auto sample = near_path(second * 100, 0);
    sample.rtt = 40ms;
    EXPECT_FALSE(need.note(sample, kStart + std::chrono::seconds{second}));
  }
}

TEST(PacingNeed, GivesASocketBbrOnceAndForAll) {
  if (!has_bbr()) GTEST_SKIP() << "this kernel has no BBR";
  const auto socket = tcp_socket();
  ASSERT_TRUE(use_congestion(socket.get(), "reno"));
  std::optional<PacingNeed> need{std::in_place};
  pace_if_needed(socket.get(), need, near_path(10, 0), kStart);
  EXPECT_EQ(congestion_of(socket.get()), "reno");
  auto far = near_path(10, 0);
  far.least_rtt = 20ms;
  pace_if_needed(socket.get(), need, far, kStart);
  EXPECT_EQ(congestion_of(socket.get()), "bbr");
  EXPECT_FALSE(need);
}

TEST(PacingNeed, IsThereStillWhereTheKernelRefused) {
  const FileDescriptor other{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  std::optional<PacingNeed> need{std::in_place};
  auto far = near_path(10, 0);
  far.least_rtt = 20ms;
  pace_if_needed(other.get(), need, far, kStart);
  EXPECT_TRUE(need);
}

TEST(PacingNeed, IsAskedAboutOnlyWhereBbrIsWanted) {
  const auto socket = tcp_socket();
  const auto other = begin_congestion(socket.get(), "reno");
  ASSERT_TRUE(other);
  EXPECT_FALSE(*other);
  EXPECT_EQ(congestion_of(socket.get()), "reno");
  const auto usual = congestion_of(tcp_socket().get());
  const auto untouched = tcp_socket();
  const auto system = begin_congestion(untouched.get(), std::string{kSystemCongestion});
  ASSERT_TRUE(system);
  EXPECT_FALSE(*system);
  EXPECT_EQ(congestion_of(untouched.get()), usual);
  EXPECT_FALSE(begin_congestion(untouched.get(), "no-such-thing"));
  EXPECT_EQ(congestion_of(untouched.get()), usual);
}

TEST(PacingNeed, ASocketThatIsToHaveBbrBeginsWithoutPacing) {
  if (!has_bbr()) GTEST_SKIP() << "this kernel has no BBR";
  const auto socket = tcp_socket();
  const auto begun = begin_congestion(socket.get(), std::string{kUsualCongestion});
  ASSERT_TRUE(begun);
  const bool has_cubic = use_congestion(tcp_socket().get(), std::string{kUnpacedCongestion}).has_value();
  EXPECT_EQ(*begun, has_cubic);
  EXPECT_EQ(congestion_of(socket.get()), has_cubic ? kUnpacedCongestion : kUsualCongestion);
}

}  // namespace
}  // namespace sallyport
