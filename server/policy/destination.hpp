#pragma once

#include "common/base/result.hpp"
#include "common/ip/address.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmpV6 = 58;

/// Where a packet wants to go inside.
struct Destination {
  IpAddress address;
  std::uint8_t protocol = 0;  ///< IP protocol number
  std::uint16_t port = 0;     ///< 0 for protocols without ports

  /// "10.0.0.1:443/tcp", "[fd00::1]:443/tcp", "10.0.0.1/icmp", "[fd00::1]/icmp"; the protocol defaults to tcp.
  /// The error is words for a person.
  [[nodiscard]] static Result<Destination, std::string> parse(std::string_view text);

  friend auto operator<=>(const Destination&, const Destination&) = default;
};

/// The form that Destination::parse reads; protocols without a name appear by number ("10.0.0.1/47").
[[nodiscard]] std::string to_string(const Destination& destination);

}  // namespace sallyport
