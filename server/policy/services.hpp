#pragma once

#include "common/base/result.hpp"
#include "server/policy/destination.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

/// Protocol and port as one number, protocol in the upper bits. "icmp" in a policy is ICMP on IPv4 and ICMPv6 on
/// IPv6, so both become kProtocolIcmp here, and ICMP of the other family becomes a protocol that no port list names.
using ServiceKey = std::uint32_t;

[[nodiscard]] constexpr ServiceKey make_service_key(std::uint8_t protocol, std::uint16_t port) noexcept {
  return (ServiceKey{protocol} << 16U) | port;
}
[[nodiscard]] ServiceKey service_key(const Destination& destination) noexcept;

/// Services from `first` to `last`, both included.
struct ServiceRange {
  ServiceKey first = 0;
  ServiceKey last = 0;

  [[nodiscard]] constexpr bool contains(ServiceKey key) const noexcept { return first <= key && key <= last; }
  friend auto operator<=>(const ServiceRange&, const ServiceRange&) = default;
};

/// Every protocol and port: "any".
inline constexpr ServiceRange kAnyService{0, make_service_key(0xff, 0xffff)};

struct ServiceError {
  std::string message;
  std::string hint;
};

/// "443/tcp", "8000-8100/udp", "icmp", "any".
[[nodiscard]] Result<ServiceRange, ServiceError> parse_service(std::string_view text);
/// The form that parse_service reads.
[[nodiscard]] std::string to_string(const ServiceRange& range);

}  // namespace sallyport
