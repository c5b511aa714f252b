#pragma once

#include "common/base/time.hpp"
#include "common/ip/super_packet.hpp"
#include "common/queue/buffer_pool.hpp"
#include "common/queue/codel.hpp"
#include "common/queue/flow_hash.hpp"
#include "common/queue/let_in.hpp"
#include "common/queue/queue_counters.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sallyport {

/// What all queues of one thread share.
struct QueueHome {
  BufferPool pool{};
  FlowHashKey key{};
};

/// Packets that wait for one session's connection, a queue for each flow (FQ-CoDel, RFC 8290): flows get turns of
/// octets, those that send little go first, and those that keep a standing queue are told so. Sans-IO.
class FlowQueue {
 public:
  /// How a packet is to wait.
  struct Terms {
    std::size_t room;                                  ///< octets of memory that this queue may take, packet included
    std::size_t largest_piece = BufferPool::kLargest;  ///< longer super-packets are cut into pieces of about this
    LetIn let_in{};                                    ///< given back with it
  };
  struct Held {
    SuperPacket packet;  ///< borrowed until the next call of anything
    LetIn let_in{};
  };

  static constexpr std::size_t kMostPackets = 1024;
  /// What a flow may send in one turn; a packet may exceed it, and is paid for in the next turns.
  static constexpr std::int64_t kQuantum = 1514;

  /// `home` outlives the queue.
  explicit FlowQueue(QueueHome& home) noexcept : home_{home} {}
  ~FlowQueue() { clear(); }
  FlowQueue(const FlowQueue&) = delete;
  FlowQueue& operator=(const FlowQueue&) = delete;

  /// Copies the packet, which has at least an IPv4 header's length. To make room, packets of the longest queue are
  /// dropped, the oldest first.
  void push(const SuperPacket& packet, const Terms& terms, TimePoint now);

  /// What may go now.
  [[nodiscard]] std::optional<Held> pop(const CodelSettings& settings, TimePoint now);

  /// Until the next pop() time stands still for what waits: nothing can go, and that is not the fault of any flow.
  void stop_clock(TimePoint now) noexcept {
    if (!stopped_) stopped_ = now;
  }

  void clear() noexcept;

  [[nodiscard]] bool is_empty() const noexcept { return packets_ == 0; }
  /// Of memory.
  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }
  [[nodiscard]] std::size_t packets() const noexcept { return packets_; }
  [[nodiscard]] const QueueCounters& counters() const noexcept { return counters_; }

 private:
  static constexpr std::size_t kSets = 16;
  static constexpr std::size_t kWays = 8;
  static constexpr std::uint8_t kNone = 0xff;
  static_assert(kSets * kWays <= kNone);

  enum class Place : std::uint8_t { Nowhere, New, Old };

  struct Flow {
    PacketBuffer* first = nullptr;
    PacketBuffer* last = nullptr;
    std::size_t footprint = 0;  ///< of what waits
    std::size_t octets = 0;     ///< of what waits
    std::int64_t deficit = 0;   ///< what is left of its turn
    std::uint32_t name = 0;
    Place place = Place::Nowhere;
    std::uint8_t next = kNone;  ///< in the list that it is in
    Codel codel;
  };
  struct List {
    std::uint8_t first = kNone;
    std::uint8_t last = kNone;
  };

  [[nodiscard]] std::uint8_t flow_of(std::uint64_t hash) noexcept;
  void put(std::uint8_t index, Bytes head, Bytes body, const Segmentation& segmentation, const Terms& terms,
           TimePoint now);
  [[nodiscard]] bool make_room(std::size_t needed, std::size_t room) noexcept;
  [[nodiscard]] std::uint8_t fattest() const noexcept;
  [[nodiscard]] PacketBuffer* take_first(Flow& flow) noexcept;
  [[nodiscard]] PacketBuffer* dequeue(Flow& flow, const CodelSettings& settings, TimePoint now);
  void append_to(List& list, Place place, std::uint8_t index) noexcept;
  void remove_first(List& list) noexcept;
  void let_go() noexcept;
  /// What CoDel takes for the time.
  [[nodiscard]] TimePoint clock(TimePoint now) const noexcept { return stopped_.value_or(now) - stood_; }
  void start_clock(TimePoint now) noexcept;

  QueueHome& home_;
  std::array<Flow, kSets * kWays> flows_{};
  List new_;
  List old_;
  PacketBuffer* held_ = nullptr;  ///< given out by pop()
  std::size_t octets_ = 0;
  std::size_t packets_ = 0;
  std::uint8_t fattest_ = 0;  ///< that had to give way last
  std::optional<TimePoint> stopped_;
  Duration stood_{};  ///< before
  QueueCounters counters_;
};

}  // namespace sallyport
