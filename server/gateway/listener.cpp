#include "server/gateway/listener.hpp"

#include "common/base/congestion.hpp"
#include "common/ip/socket_address.hpp"
#include "server/gateway/listen_queue.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

namespace sallyport {
namespace {

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/// What an administrator can do about it, behind the system's words.
SystemError cannot_listen(const std::string& where, std::uint16_t port) {
  const int code = errno;
  auto error = system_error("listen " + where);
  if (code == EADDRINUSE) error.message += "; another program has it: ss -ltnp 'sport = :" + std::to_string(port) + "'";
  if (code == EADDRNOTAVAIL) error.message += "; no interface of this machine has that address: ip address";
  if (code == EACCES) error.message += "; a port below 1024 takes CAP_NET_BIND_SERVICE, as the packaged service has it";
  return error;
}

}  // namespace

Result<FileDescriptor, SystemError> listen_on(const IpAddress& address, std::uint16_t port) {
  const std::string where =
      (address.is_v4() ? address.to_string() : '[' + address.to_string() + ']') + ':' + std::to_string(port);
  FileDescriptor fd{::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd) return fail(system_error("listen " + where));
  if (!set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) return fail(system_error("listen " + where));
  const int v6_only = address.is_unspecified() ? 0 : 1;
  if (!address.is_v4() && !set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, v6_only))
    return fail(system_error("listen " + where));
  const auto bound = SocketAddress::make(address, port);
  if (::bind(fd.get(), bound.get(), bound.size) != 0 || ::listen(fd.get(), kListenQueue) != 0) {
    return fail(cannot_listen(where, port));
  }
  return fd;
}

void defer_accept(int listener) noexcept {
  // Where the kernel does not know it, connections are accepted at once.
  constexpr int kSeconds = 1;
  (void)set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, kSeconds);
}

Result<bool, SystemError> set_congestion(const std::vector<FileDescriptor>& listeners, const std::string& name) {
  bool begin_unpaced = true;
  for (const auto& listener : listeners) {
    const auto begun = begin_congestion(listener.get(), name);
    if (!begun) return begun;
    begin_unpaced = begin_unpaced && *begun;
  }
  return begin_unpaced;
}

Result<std::optional<Accepted>, SystemError> accept_from(int listener) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  FileDescriptor fd{::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (fd) {
    // An IPv4 peer of a dual-stack socket is its IPv4 address here: policies name it that way.
    const auto address = address_of(reinterpret_cast<const sockaddr&>(peer));
    return address ? std::optional{Accepted{std::move(fd), *address}} : std::nullopt;
  }
  if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return std::nullopt;
  return fail(system_error("accept"));
}

}  // namespace sallyport
