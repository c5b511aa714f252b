#pragma once

#include <cstdint>

namespace sallyport {

/// What became of packets that had to wait for the connection; a super-packet, or a piece of one, is one.
struct QueueCounters {
  std::uint64_t queued = 0;
  std::uint64_t dropped_codel = 0;  ///< so that their flow sends less
  std::uint64_t dropped_limit = 0;  ///< because the queue was full
  std::uint64_t marked = 0;         ///< told by ECN to send less, and sent
  std::uint64_t dropped_ended = 0;  ///< because their session did, and none took its place
  std::uint64_t held = 0;           ///< of those queued: while nobody heard the connection
  std::uint64_t joined = 0;         ///< acknowledgements that waited until another one said more, and went by it

  QueueCounters& operator+=(const QueueCounters& other) noexcept {
    queued += other.queued;
    dropped_codel += other.dropped_codel;
    dropped_limit += other.dropped_limit;
    marked += other.marked;
    dropped_ended += other.dropped_ended;
    held += other.held;
    joined += other.joined;
    return *this;
  }
  friend bool operator==(const QueueCounters&, const QueueCounters&) = default;
};

}  // namespace sallyport
