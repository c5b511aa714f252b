#include "common/base/tcp_tuning.hpp"

#include "common/base/path_sample.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sallyport {
namespace {

void set(int fd, int level, int option, int value) noexcept {
  (void)::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

void tune_tunnel_socket(int fd) noexcept {
  constexpr int kDeadPeerMilliseconds = 30'000;
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
  set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kDeadPeerMilliseconds);
  set_unsent_limit(fd, kFirstUnsentLimit);
}

void limit_segments(int fd, std::uint16_t octets) noexcept { set(fd, IPPROTO_TCP, TCP_MAXSEG, octets); }

}  // namespace sallyport
