#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport {

/// What the gateway has against a connection that TLS has verified, before it looks at the device: nothing that the
/// device has done. It is closed without words, and its client comes back.
enum class Obstacle : std::uint8_t {
  GatewayShutdown,
  TrustChanged,      ///< it was verified against trust that is no longer ours
  StoreUnavailable,  ///< no session number could be reserved
  NoRandom,          ///< the system gave no key for reference codes
};
inline constexpr std::size_t kObstacles = static_cast<std::size_t>(Obstacle::NoRandom) + 1;

/// Stable: the reason of a handshake.refused record, and of the metric.
[[nodiscard]] constexpr std::string_view name_of(Obstacle obstacle) noexcept {
  constexpr std::array<std::string_view, kObstacles> kNames{"gateway_shutdown", "trust_changed", "store_unavailable",
                                                            "no_random"};
  return kNames[static_cast<std::size_t>(obstacle)];
}

}  // namespace sallyport
