#pragma once

#include "common/ip/super_packet.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace sallyport {

/// Packets on their way from one thread to another one, in their order: a ring of batches, which the giver fills and
/// the taker empties where they lie. No lock, and no memory is taken once a batch was used. What does not fit is not
/// taken: nobody waits for anybody.
class PacketLane {
 public:
  static constexpr std::size_t kBatches = 4;
  static constexpr std::size_t kBatchOctets = 128U << 10U;
  static constexpr std::size_t kBatchPackets = 256;

  PacketLane() = default;
  PacketLane(const PacketLane&) = delete;
  PacketLane& operator=(const PacketLane&) = delete;

  /// The giver's thread. False: the lane is full.
  [[nodiscard]] bool give(const SuperPacket& packet);
  /// The giver's thread, at the end of its turn: what was given can be taken. True: something was.
  [[nodiscard]] bool publish() noexcept;

  /// The taker's thread: visits every packet of the oldest batch. False: there is none.
  template <class Visit>
  bool take(Visit visit) {
    const auto at = taken_.load(std::memory_order_relaxed);
    if (given_.load(std::memory_order_acquire) == at) return false;
    Batch& batch = ring_[at % kBatches];
    for (const auto& place : batch.places)
      visit(SuperPacket{Bytes{batch.octets.get() + place.at, place.size}, place.segmentation});
    batch.clear();
    taken_.store(at + 1, std::memory_order_release);
    return true;
  }
  [[nodiscard]] bool has_more() const noexcept {
    return given_.load(std::memory_order_acquire) != taken_.load(std::memory_order_relaxed);
  }

 private:
  struct Place {
    std::size_t at;
    std::size_t size;
    Segmentation segmentation;
  };
  struct Batch {
    std::unique_ptr<std::byte[]> octets;  // NOLINT(modernize-avoid-c-arrays): uninitialised until it is used
    std::size_t used = 0;
    std::vector<Place> places;

    [[nodiscard]] bool has_room(std::size_t size) const noexcept {
      return places.size() < kBatchPackets && kBatchOctets - used >= size;
    }
    void add(const SuperPacket& packet);
    void clear() noexcept {
      used = 0;
      places.clear();
    }
  };

  /// Otherwise the batch to be filled is still the taker's.
  [[nodiscard]] bool is_free() const noexcept {
    return given_.load(std::memory_order_relaxed) - taken_.load(std::memory_order_acquire) < kBatches;
  }
  [[nodiscard]] Batch& filling() noexcept { return ring_[given_.load(std::memory_order_relaxed) % kBatches]; }
  void pass_on() noexcept;

  std::array<Batch, kBatches> ring_;
  bool is_unannounced_ = false;  ///< the giver's: batches were passed on since publish()
  // Each on a cache line of its own: two threads write them.
  alignas(64) std::atomic<std::uint32_t> given_{0};
  alignas(64) std::atomic<std::uint32_t> taken_{0};
};

}  // namespace sallyport
