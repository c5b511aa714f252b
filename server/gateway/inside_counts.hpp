#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport {

/// Why a packet from the office came to no session.
enum class InsideDrop : std::uint8_t {
  NoOwner,       ///< nobody who is connected has its destination
  HandoverFull,  ///< its worker does not keep up with what others read for it
};
inline constexpr std::size_t kInsideDrops = 2;

/// Stable: "no_owner".
[[nodiscard]] constexpr std::string_view name_of(InsideDrop drop) noexcept {
  return drop == InsideDrop::NoOwner ? "no_owner" : "handover_full";
}

/// What one worker did with what came from the office, a super-packet as one. Plain counters, of its own thread.
struct InsideCounts {
  std::uint64_t read = 0;         ///< from its queue
  std::uint64_t handed_over = 0;  ///< of those, given to the worker that serves the destination
  std::uint64_t taken = 0;        ///< from other workers
  std::array<std::uint64_t, kInsideDrops> drops{};

  void drop(InsideDrop reason) noexcept { ++drops[static_cast<std::size_t>(reason)]; }

  friend bool operator==(const InsideCounts&, const InsideCounts&) = default;
};

}  // namespace sallyport
