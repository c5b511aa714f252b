#include "common/queue/path_follower.hpp"

#include "common/base/file_descriptor.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <vector>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

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

/// Both ends of a connection over the loopback interface: as short as a path can be.
struct Connected {
  FileDescriptor ours;
  FileDescriptor theirs;
};

Connected connect_over_loopback() {
  const FileDescriptor listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), plain, size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), plain, &size), 0);
  Connected made{FileDescriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}, {}};
  EXPECT_EQ(::connect(made.ours.get(), plain, size), 0);
  made.theirs = FileDescriptor{::accept(listener.get(), nullptr, nullptr)};
  return made;
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
