#pragma once

#include "server/flow/flow.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport {

/// The flows of one session: open addressing, each key within kWindow slots of its home.
///
/// Doubles when a window is full, up to FlowLimits::max_flows; from then on the flow of that window that was silent
/// longest makes room. So an insertion always succeeds, and allocates only when the table grows.
class FlowTable {
 public:
  static constexpr std::size_t kFirstCapacity = 16;
  static constexpr std::size_t kWindow = 8;

  explicit FlowTable(const FlowLimits& limits);

  /// Null when there is none, or it was silent for too long. Valid until the next insert().
  [[nodiscard]] Flow* find(const FlowKey& key, TimePoint now) noexcept;

  /// Requires that find() says null. The flow is in its first state, seen now, without a decision.
  Flow& insert(const FlowKey& key, TimePoint now);

  void erase(Flow& flow) noexcept { flow = Flow{}; }

  /// Walks the whole table: for people, not for packets.
  [[nodiscard]] std::size_t live(TimePoint now) const noexcept;
  /// The same walk, handing each live flow to `visit`.
  template <class Visit>
  void for_each_live(TimePoint now, Visit visit) const {
    for (const Flow& flow : slots_) {
      if (is_live(flow, now)) visit(flow);
    }
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
  /// Live flows that had to make room.
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }

 private:
  [[nodiscard]] bool is_live(const Flow& flow, TimePoint now) const noexcept {
    return !flow.is_free() && !flow.is_forgotten(limits_, now);
  }
  [[nodiscard]] Flow& slot(std::size_t home, std::size_t step) noexcept {
    return slots_[(home + step) & (slots_.size() - 1)];
  }
  [[nodiscard]] Flow* free_slot(const FlowKey& key, TimePoint now) noexcept;
  [[nodiscard]] Flow& oldest_slot(const FlowKey& key) noexcept;
  [[nodiscard]] Flow& make_room(const FlowKey& key, TimePoint now);
  void grow(TimePoint now);

  FlowLimits limits_;
  std::vector<Flow> slots_;
  std::uint64_t evicted_ = 0;
};

}  // namespace sallyport
