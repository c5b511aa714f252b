#include "server/gateway/listener.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace sallyport {
namespace {

constexpr int kBacklog = 1024;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const IpAddress& address, std::uint16_t port) {
  SocketAddress result;
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.octets().data(), 4);
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.octets().data(), 16);
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.size = sizeof v6;
  }
  return result;
}

/// An IPv4 peer of a dual-stack socket is its IPv4 address here: policies name it that way.
IpAddress to_address(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return IpAddress::from_octets(std::as_bytes(std::span{&v4.sin_addr, 1}));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  const Bytes octets = std::as_bytes(std::span{&v6.sin6_addr, 1});
  return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? IpAddress::from_octets(octets.subspan(12))
                                             : IpAddress::from_octets(octets);
}

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
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
  const auto bound = to_socket_address(address, port);
  if (::bind(fd.get(), bound.get(), bound.size) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return fail(system_error("listen " + where));
  }
  return fd;
}

Result<std::optional<Accepted>, SystemError> accept_from(int listener) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  FileDescriptor fd{::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (fd) return Accepted{std::move(fd), to_address(peer)};
  if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return std::nullopt;
  return fail(system_error("accept"));
}

}  // namespace sallyport
