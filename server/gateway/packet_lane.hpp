#pragma once

#include "common/ip/super_packet.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace sallyport {

/// Packets on their way from one thread to another one, in their order: a ring that the giver fills and the taker
/// empties where they lie. No lock, and memory is taken once for as long as packets come. What does not fit is not
/// taken: nobody waits for anybody.
class PacketLane {
 public:
  static constexpr std::size_t kOctets = 512U << 10U;
  static constexpr std::uint32_t kPackets = 1024;  ///< a power of two: counters wrap
  static constexpr std::uint32_t kAtOnce = 256;    ///< taken by one take()

  PacketLane() = default;
  PacketLane(const PacketLane&) = delete;
  PacketLane& operator=(const PacketLane&) = delete;

  /// The giver's thread. False: the lane is full.
  [[nodiscard]] bool give(const SuperPacket& packet);
  /// The giver's thread, at the end of its turn: what was given can be taken. True: something was.
  [[nodiscard]] bool publish() noexcept;
  /// The giver's thread: gives the memory back when the lane is empty and nothing was given since the last call.
  void release_unused() noexcept;
  /// The giver's thread: octets of memory.
  [[nodiscard]] std::size_t memory() const noexcept { return octets_ ? kOctets + kPackets * sizeof(Place) : 0; }

  /// The taker's thread: visits the oldest packets. False: there are none.
  template <class Visit>
  bool take(Visit visit) {
    const auto first = taken_.load(std::memory_order_relaxed);
    const auto count = std::min(given_.load(std::memory_order_acquire) - first, kAtOnce);
    for (std::uint32_t i = 0; i < count; ++i) {
      const Place& place = places_[(first + i) % kPackets];
      visit(SuperPacket{Bytes{octets_.get() + place.at, place.size}, place.segmentation});
    }
    taken_.store(first + count, std::memory_order_release);
    return count != 0;
  }
  /// The taker's thread.
  [[nodiscard]] bool has_more() const noexcept {
    return given_.load(std::memory_order_acquire) != taken_.load(std::memory_order_relaxed);
  }

 private:
  struct Place {
    std::uint64_t begin;  ///< octets that were ever used up before it
    std::size_t at;
    std::size_t size;
    Segmentation segmentation;
  };

  // NOLINTBEGIN(modernize-avoid-c-arrays): uninitialised until they are used
  std::unique_ptr<std::byte[]> octets_;
  std::unique_ptr<Place[]> places_;
  // NOLINTEND(modernize-avoid-c-arrays)
  std::uint64_t end_ = 0;     ///< the giver's: octets used up, what was left over at the end of the ring included
  std::uint32_t filled_ = 0;  ///< the giver's: packets, also those that cannot be taken yet
  bool is_used_ = false;      ///< the giver's: since release_unused()
  // Each on a cache line of its own: two threads write them.
  alignas(64) std::atomic<std::uint32_t> given_{0};
  alignas(64) std::atomic<std::uint32_t> taken_{0};
};

}  // namespace sallyport
