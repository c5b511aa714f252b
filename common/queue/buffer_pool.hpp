#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"
#include "common/ip/super_packet.hpp"
#include "common/queue/let_in.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sallyport {

/// One packet that waits, with the octets right behind this head.
struct PacketBuffer {
  PacketBuffer* next = nullptr;
  TimePoint since{};
  LetIn let_in{};
  Segmentation segmentation{};
  std::uint32_t size = 0;  ///< octets of the packet
  std::uint32_t rank = 0;  ///< of its size, for the pool alone

  [[nodiscard]] std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] MutableBytes bytes() noexcept { return {data(), size}; }
  /// What it takes of memory, this head included.
  [[nodiscard]] std::size_t footprint() const noexcept;
};

/// Buffers for packets that wait, kept for reuse in steps of size, so that a queue in steady use allocates nothing.
/// For one thread. It outlives what it gave out.
class BufferPool {
 public:
  /// Octets of buffers without use that are kept.
  static constexpr std::size_t kMostKept = 1U << 20U;
  static constexpr std::size_t kLargest = 65536;

  BufferPool() = default;
  ~BufferPool() { release_memory(); }
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// Room for `size` octets, which are not written. Requires size <= kLargest.
  [[nodiscard]] PacketBuffer* take(std::size_t size);
  void give_back(PacketBuffer* buffer) noexcept;
  /// Frees what is kept.
  void release_memory() noexcept;
  /// The same, unless a buffer was taken since the last call of this.
  void release_unused() noexcept {
    if (!std::exchange(is_used_, false)) release_memory();
  }

  /// What a packet of that size takes of memory. Requires size <= kLargest.
  [[nodiscard]] static std::size_t footprint_of(std::size_t size) noexcept;
  [[nodiscard]] std::size_t kept() const noexcept { return kept_octets_; }

 private:
  static constexpr std::size_t kRanks = 3 + 16;

  std::array<PacketBuffer*, kRanks> kept_{};
  std::size_t kept_octets_ = 0;
  bool is_used_ = false;
};

}  // namespace sallyport
