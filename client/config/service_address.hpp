#pragma once

#include "common/ip/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// What a person asks about: "git.example.com:22", "10.20.4.10:53/udp", "[fd00:20::1]:443/tcp", "10.20.4.10/icmp", and
/// what a browser shows: "https://wiki.example.com/page".
struct ServiceAddress {
  std::string host;  ///< a name, or an address in canonical text
  std::uint16_t port = 0;
  std::string protocol = "tcp";  ///< lower case; "tcp" and "udp" have a port, others none

  [[nodiscard]] static std::optional<ServiceAddress> parse(std::string_view text);
  /// As the wire writes it; brackets around an IPv6 address.
  [[nodiscard]] std::string to_string() const;
  /// Nullopt: `host` is a name.
  [[nodiscard]] std::optional<IpAddress> address() const { return IpAddress::parse(host); }
  /// The same service at an address the name stands for.
  [[nodiscard]] ServiceAddress at(const IpAddress& address) const { return {address.to_string(), port, protocol}; }

  friend bool operator==(const ServiceAddress&, const ServiceAddress&) = default;
};

}  // namespace sallyport
