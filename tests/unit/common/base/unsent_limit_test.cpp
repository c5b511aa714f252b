#include "common/base/unsent_limit.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/base/tcp_tuning.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sallyport {
namespace {

class UnsentLimits : public testing::Test {
 protected:
  UnsentLimits() { tune_tunnel_socket(socket_.get()); }

  /// A second of sending at that rate, in steps of a millisecond.
  void send_at(std::size_t octets_per_second) {
    for (int i = 0; i < 1000; ++i) {
      now_ += std::chrono::milliseconds{1};
      limit_.note(socket_.get(), octets_per_second / 1000, now_);
    }
  }
  std::size_t kernel_limit() const {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket_.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, &size), 0);
    return static_cast<std::size_t>(value);
  }

  FileDescriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  TimePoint now_{std::chrono::hours{1}};
  UnsentLimit limit_;
};

TEST_F(UnsentLimits, IsWhatTheSocketWasTunedToAtFirst) {
  EXPECT_EQ(limit_.limit(), UnsentLimit::kLeast);
  EXPECT_EQ(kernel_limit(), UnsentLimit::kLeast);
}

TEST_F(UnsentLimits, HoldsFiveMillisecondsOfAFastPath) {
  send_at(200'000'000);
  EXPECT_NEAR(static_cast<double>(limit_.limit()), 1e6, 1e5);
  EXPECT_EQ(kernel_limit(), limit_.limit());
}

TEST_F(UnsentLimits, StaysAtTheLeastOnASlowPathAndBelowTheMostOnAnyOther) {
  send_at(1'000'000);
  EXPECT_EQ(kernel_limit(), UnsentLimit::kLeast);
  send_at(5'000'000'000);
  EXPECT_EQ(kernel_limit(), UnsentLimit::kMost);
}

TEST_F(UnsentLimits, FollowsAPathThatGotSlower) {
  send_at(1'000'000'000);
  send_at(10'000'000);
  EXPECT_EQ(kernel_limit(), UnsentLimit::kLeast);
}

TEST_F(UnsentLimits, ForgetsTheRateOfATimeWithoutTraffic) {
  send_at(300'000'000);
  now_ += std::chrono::seconds{60};
  limit_.note(socket_.get(), 1000, now_);
  EXPECT_EQ(kernel_limit(), UnsentLimit::kLeast);
}

}  // namespace
}  // namespace sallyport
