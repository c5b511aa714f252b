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
  double pacing = 0;     ///< octets a second that the kernel sends at, once there is room; 0: as many as it likes
  /// Segments, since the connection began.
  std::uint64_t retransmitted = 0;
  std::uint64_t sent = 0;        ///< with what was retransmitted
  std::uint64_t delivered = 0;   ///< that the other end has, in whatever order
  std::uint64_t disordered = 0;  ///< that came before others that were sent earlier; 0 where the kernel does not say
  std::uint64_t received = 0;    ///< octets, since the connection began
  double segment = 0;            ///< octets
  std::uint64_t unsent = 0;      ///< octets that the kernel holds and has not sent yet
  /// In a row, and nothing was acknowledged since.
  std::uint32_t resent = 0;  ///< times that the kernel waited in vain and sent the first segment again
  std::uint32_t asked = 0;   ///< questions whether anybody is there
  /// Octets a second that BBR takes for the most that the path takes, once its start-up is over; 0: it is not, or
  /// another congestion control is used.
  double settled = 0;

  /// Something waits on the way: the round trip is above its least one by an eighth.
  [[nodiscard]] bool is_queued() const noexcept { return least_rtt != Duration{} && rtt > least_rtt + least_rtt / 8; }
};

/// Nullopt: not a TCP socket.
[[nodiscard]] std::optional<PathSample> sample_path(int fd) noexcept;

/// From that many unsent octets on the socket takes no more (TCP_NOTSENT_LOWAT).
void set_unsent_limit(int fd, std::size_t octets) noexcept;
/// From now on the kernel sends no more octets a second than that (SO_MAX_PACING_RATE); all ones: as many as it likes.
void set_rate_limit(int fd, std::uint64_t octets) noexcept;
/// So much buffer for what was not read yet (SO_RCVBUF), and no more; with the right to, beyond the system's limit.
void limit_unread(int fd, std::size_t octets) noexcept;
/// The kernel chooses again, from what it has then on.
void lift_unread_limit(int fd) noexcept;
/// What tune_tunnel_socket() sets.
inline constexpr std::size_t kFirstUnsentLimit = 128U << 10U;

}  // namespace sallyport
