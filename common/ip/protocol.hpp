#pragma once

#include <cstdint>

namespace sallyport::ip_protocol {

/// Protocol numbers and next header values (IANA) that the parser looks behind.
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kAuthentication = 51;
inline constexpr std::uint8_t kIcmpV6 = 58;
inline constexpr std::uint8_t kDestinationOptions = 60;

/// IPv6 headers behind which another one stands.
[[nodiscard]] constexpr bool is_extension(std::uint8_t protocol) noexcept {
  return protocol == kHopByHop || protocol == kRouting || protocol == kFragment || protocol == kAuthentication ||
         protocol == kDestinationOptions;
}

}  // namespace sallyport::ip_protocol
