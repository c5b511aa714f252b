#include "common/queue/path_follower.hpp"

#include "common/base/congestion.hpp"
#include "common/base/file_descriptor.hpp"
#include "tests/support/deaf_socket.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using test::connect_over_loopback;
using test::Connected;

int unsent_limit(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, &size), 0);
  return value;
}

int unread_limit(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &size), 0);
  return value;
}

/// Whether the kernel is kept from choosing the buffer for what was not read yet.
bool is_unread_limited(int fd) {
  constexpr int kReceiveBufferLock = 2;  // SOCK_RCVBUF_LOCK
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &value, &size), 0);
  return (value & kReceiveBufferLock) != 0;
}

/// Octets that come to wait at `to` while nobody reads there.
int fill(int from, int to) {
  const std::vector<char> chunk(16'384, 'x');
  for (int idle = 0; idle < 20;) {
    if (::send(from, chunk.data(), chunk.size(), MSG_DONTWAIT) > 0) {
      idle = 0;
    } else {
      ++idle;
      std::this_thread::sleep_for(milliseconds{5});
    }
  }
  int waiting = 0;
  EXPECT_EQ(::ioctl(to, FIONREAD, &waiting), 0);
  return waiting;
}

class PathFollower : public testing::Test {
 protected:
  TimePoint now_{std::chrono::hours{1}};
  QueueHome home_{.pool = {}, .key = {1, 2}};
  Egress egress_;
};

TEST_F(PathFollower, TellsTheKernelOfATcpSocketHowMuchItMayHold) {
  const FileDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  follow_path(socket.get(), egress_, 1, now_);
  // Slow: a few octets in a tenth of a second.
  now_ += milliseconds{100};
  follow_path(socket.get(), egress_, 1000, now_);
  EXPECT_EQ(egress_.pace().unsent_limit(), OutsidePace::kLeastUnsent);
  EXPECT_EQ(unsent_limit(socket.get()), static_cast<int>(OutsidePace::kLeastUnsent));
  // Fast.
  now_ += milliseconds{100};
  follow_path(socket.get(), egress_, 1U << 30U, now_);
  EXPECT_EQ(egress_.pace().unsent_limit(), OutsidePace::kMostUnsent);
  EXPECT_EQ(unsent_limit(socket.get()), static_cast<int>(OutsidePace::kMostUnsent));
}

TEST_F(PathFollower, BoundsWhatMayWaitToBeReadOnAShortPath) {
  const Connected made = connect_over_loopback();
  begin_path(made.ours.get(), egress_);
  // A busy machine may have answered late at first.
  for (int i = 0; i < 20 && !is_unread_limited(made.ours.get()); ++i) {
    char octet = 'x';
    ASSERT_EQ(::send(made.ours.get(), &octet, 1, 0), 1);
    ASSERT_EQ(::recv(made.theirs.get(), &octet, 1, MSG_WAITALL), 1);
    follow_path(made.ours.get(), egress_, 1, now_ += milliseconds{100});
  }
  const auto wanted = static_cast<int>(2 * UnreadLimit::kOctets);
  const int limit = unread_limit(made.ours.get());
  if (limit < wanted) GTEST_SKIP() << "needs CAP_NET_ADMIN: the system's limit is " << limit;
  EXPECT_EQ(limit, wanted);
  // As many octets as both buffers hold come through, one after the other.
  const std::vector<char> chunk(100'000, 'x');
  std::vector<char> room(chunk.size());
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(::send(made.theirs.get(), chunk.data(), chunk.size(), 0), static_cast<ssize_t>(chunk.size()));
    ASSERT_EQ(::recv(made.ours.get(), room.data(), room.size(), MSG_WAITALL), static_cast<ssize_t>(room.size()));
  }
  EXPECT_EQ(unread_limit(made.ours.get()), limit) << "the kernel must not let it grow again";
  const int waiting = fill(made.theirs.get(), made.ours.get());
  EXPECT_GE(waiting, static_cast<int>(UnreadLimit::kOctets)) << "or it would hold the connection up";
  EXPECT_LE(waiting, limit);
}

TEST_F(PathFollower, TakesPacingAndWhatMayBeUnreadFromOneSample) {
  const Connected made = connect_over_loopback();
  const int fd = made.ours.get();
  const auto begun = begin_congestion(fd, std::string{kUsualCongestion});
  if (!begun || !*begun) GTEST_SKIP() << "this kernel has not both, BBR and CUBIC";
  egress_.pace_by_need();
  PathSample sample{.rtt = std::chrono::microseconds{200}, .least_rtt = std::chrono::microseconds{60}};
  take_path(fd, egress_, sample, now_);
  if (unread_limit(fd) < static_cast<int>(2 * UnreadLimit::kOctets)) GTEST_SKIP() << "needs CAP_NET_ADMIN";
  EXPECT_TRUE(is_unread_limited(fd));
  follow_path(fd, egress_, 1000, now_ += milliseconds{100});
  EXPECT_EQ(congestion_of(fd), kUnpacedCongestion) << "as near as an end can be";
  sample.rtt = milliseconds{20};
  sample.received = 1'000'000;
  take_path(fd, egress_, sample, now_ += milliseconds{100});
  EXPECT_TRUE(is_unread_limited(fd));
  EXPECT_TRUE(egress_.pacing());
  sample.least_rtt = milliseconds{20};
  sample.received = 2'000'000;
  take_path(fd, egress_, sample, now_ += milliseconds{100});
  EXPECT_FALSE(is_unread_limited(fd));
  EXPECT_EQ(congestion_of(fd), kUsualCongestion);
  EXPECT_FALSE(egress_.pacing()) << "there is no way back";
}

/// Time as it is: the kernel's own timers run.
TEST_F(PathFollower, SeesThatNobodyHearsAConnectionAndThatItGoesOn) {
  const Connected made = connect_over_loopback();
  const int fd = made.ours.get();
  const auto until = [&](bool stands) {
    for (int i = 0; i < 500 && path_stands(fd, egress_, now_) != stands; ++i) {
      std::this_thread::sleep_for(milliseconds{10});
      now_ += milliseconds{10};
    }
    return egress_.stands() == stands;
  };
  EXPECT_FALSE(path_stands(fd, egress_, now_));
  test::deafen(made.theirs.get());
  ASSERT_EQ(::send(fd, "x", 1, 0), 1);
  ASSERT_TRUE(until(true));
  const int unsent = unsent_limit(fd);
  for (int i = 0; i < 3; ++i) follow_path(fd, egress_, 1U << 20U, now_ += milliseconds{100});
  EXPECT_EQ(unsent_limit(fd), unsent) << "a path that stands says nothing of what it takes";
  test::let_hear(made.theirs.get());
  EXPECT_TRUE(until(false));
}

TEST_F(PathFollower, LeavesEverythingAsItIsWhileNothingIsSent) {
  const FileDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int before = unsent_limit(socket.get());
  for (int i = 0; i < 10; ++i) follow_path(socket.get(), egress_, 0, now_ += milliseconds{100});
  EXPECT_EQ(unsent_limit(socket.get()), before);
  EXPECT_EQ(egress_.pace().unsent_limit(), kFirstUnsentLimit);
}

TEST_F(PathFollower, KeepsTheFirstLimitsOfWhatIsNoTcpSocket) {
  const FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  for (int i = 0; i < 10; ++i) follow_path(socket.get(), egress_, 1000, now_ += milliseconds{100});
  EXPECT_EQ(egress_.pace().unsent_limit(), kFirstUnsentLimit);
}

}  // namespace
}  // namespace sallyport
