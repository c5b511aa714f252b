#include "common/base/send_pending.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace sallyport {

SendState send_pending(int fd, ByteBuffer& outbox, std::size_t& sent) noexcept {
  while (sent < outbox.size()) {
    const ssize_t n = ::send(fd, outbox.data() + sent, outbox.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return SendState::Blocked;
    if (n <= 0) return SendState::Gone;
    sent += static_cast<std::size_t>(n);
  }
  outbox.clear();
  sent = 0;
  return SendState::Sent;
}

}  // namespace sallyport
