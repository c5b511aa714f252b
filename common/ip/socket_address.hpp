#pragma once

#include "common/ip/address.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <optional>

namespace sallyport {

/// An address and port as the kernel takes it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] static SocketAddress make(const IpAddress& address, std::uint16_t port) noexcept;
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// Nullopt: neither IPv4 nor IPv6. An IPv4-mapped address comes out as IPv4.
[[nodiscard]] std::optional<IpAddress> address_of(const sockaddr& address) noexcept;

}  // namespace sallyport
