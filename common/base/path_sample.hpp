#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sallyport {

/// What the kernel knows of a TCP connection's path (TCP_INFO).
struct PathSample {
  Duration rtt{};        ///< smoothed
  Duration least_rtt{};  ///< without queues on the way; 0: unknown
  double rate = 0;       ///< octets a second that the other end took, in the best case it saw lately; 0: unknown
  std::uint64_t retransmitted = 0;  ///< segments, since the connection began
};

/// Nullopt: not a TCP socket.
[[nodiscard]] std::optional<PathSample> sample_path(int fd) noexcept;

/// From that many unsent octets on the socket takes no more (TCP_NOTSENT_LOWAT).
void set_unsent_limit(int fd, std::size_t octets) noexcept;
/// What tune_tunnel_socket() sets.
inline constexpr std::size_t kFirstUnsentLimit = 128U << 10U;

}  // namespace sallyport
