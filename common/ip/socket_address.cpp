#include "common/ip/socket_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace sallyport {

SocketAddress SocketAddress::make(const IpAddress& address, std::uint16_t port) noexcept {
  SocketAddress result;
  const Bytes octets = address.octets();
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, octets.data(), octets.size());
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.size = sizeof v6;
  }
  return result;
}

std::optional<IpAddress> address_of(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return IpAddress::from_octets(std::as_bytes(std::span{&v4.sin_addr, 1}));
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  const auto octets = std::as_bytes(std::span{&v6.sin6_addr, 1});
  return IpAddress::from_octets(IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? octets.subspan(12) : octets);
}

}  // namespace sallyport
