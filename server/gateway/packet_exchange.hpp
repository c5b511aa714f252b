#pragma once

#include "common/base/time.hpp"
#include "common/uv/async.hpp"
#include "server/gateway/address_directory.hpp"
#include "server/gateway/packet_lane.hpp"
#include "server/gateway/worker_number.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sallyport {

/// What the workers of one gateway have between them: a lane from each to each other one, and who serves which address.
/// Outlives their threads.
class PacketExchange {
 public:
  explicit PacketExchange(std::size_t workers);

  [[nodiscard]] AddressDirectory& directory() noexcept { return directory_; }
  [[nodiscard]] std::size_t workers() const noexcept { return wakers_.size(); }
  /// Octets of memory of what `from` gives to others. On its thread.
  [[nodiscard]] std::size_t memory_of(WorkerNumber from) const noexcept;

 private:
  friend class ExchangePort;

  [[nodiscard]] PacketLane& lane(WorkerNumber from, WorkerNumber to) noexcept {
    return *lanes_[index_of(from) * workers() + index_of(to)];
  }

  AddressDirectory directory_;
  std::vector<std::unique_ptr<PacketLane>> lanes_;
  std::vector<Async*> wakers_;
};

/// One worker's side of it; without an exchange, that of the only worker. Used on the worker's thread.
class ExchangePort {
 public:
  ExchangePort() = default;
  ExchangePort(PacketExchange& exchange, WorkerNumber self) noexcept : exchange_{&exchange}, self_{self} {}

  [[nodiscard]] WorkerNumber self() const noexcept { return self_; }

  /// `wake` is sent when another worker gave something. Before any worker runs; it lives until none runs any more.
  void attach(Async& wake) noexcept {
    if (exchange_ != nullptr) exchange_->wakers_[index_of(self_)] = &wake;
  }

  enum class Given { Yes, Full, Nobody };
  /// To the worker that serves `destination`, which is not this one. Nobody: no other does.
  [[nodiscard]] Given give(const SuperPacket& packet, const IpAddress& destination);
  /// At the end of a turn: wakes those that were given something, each once.
  void publish() noexcept;
  /// Now and then: gives back the memory of lanes that nothing was given to for kLaneIdle, and for twice as long at
  /// most.
  void release_unused(TimePoint now) noexcept;
  static constexpr auto kLaneIdle = std::chrono::seconds{5};

  /// Visits what others gave, a few packets of each. True: more is there.
  template <class Visit>
  [[nodiscard]] bool take(Visit visit) {
    bool has_more = false;
    for (std::size_t i = 0; exchange_ != nullptr && i < exchange_->workers(); ++i) {
      const WorkerNumber from{static_cast<std::uint8_t>(i)};
      if (from == self_) continue;
      auto& lane = exchange_->lane(from, self_);
      if (lane.take(visit)) has_more |= lane.has_more();
    }
    return has_more;
  }

 private:
  PacketExchange* exchange_ = nullptr;
  WorkerNumber self_{};
  std::uint32_t given_ = 0;  ///< a bit for each worker that was given something in this turn
  TimePoint released_{};     ///< when it was last looked for memory to give back
};

}  // namespace sallyport
