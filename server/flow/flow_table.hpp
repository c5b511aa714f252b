#pragma once

#include "server/flow/flow.hpp"
#include "server/flow/flow_end.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sallyport {

/// A flow that is over, as it was last.
struct EndedFlow {
  Flow flow;
  FlowEnd end;
};

/// The flows of one session: open addressing, each key within kWindow slots of its home.
///
/// Doubles when a window is full, up to FlowLimits::max_flows; from then on the flow of that window that was silent
/// longest makes room. So an insertion always succeeds, and allocates only when the table grows.
class FlowTable {
 public:
  static constexpr std::size_t kFirstCapacity = 8;  ///< once there is a flow; none before
  static constexpr std::size_t kWindow = 8;
  /// Ends of accounted flows that wait to be taken; later ones are lost and counted. As many as there can be flows.
  static constexpr std::size_t kMaxEnded = 4096;

  explicit FlowTable(const FlowLimits& limits);

  /// Null when there is none, or it was silent for too long. Valid until the next insert().
  [[nodiscard]] Flow* find(const FlowKey& key, TimePoint now) noexcept;

  /// Requires that find() says null. The flow is in its first state, seen now, without a decision.
  Flow& insert(const FlowKey& key, TimePoint now);

  /// Without a report of its end.
  void erase(Flow& flow) noexcept;

  /// Gives all memory back when no flow is live and none is accounted. Walks the table.
  void release_idle_memory(TimePoint now) noexcept;

  /// From now on the end of this flow is among take_ended(), whatever brings it about except erase().
  void account(Flow& flow) noexcept;
  [[nodiscard]] std::size_t accounted() const noexcept { return accounted_; }
  /// Notices silent accounted flows among the next `slots`, in turn.
  void sweep(std::size_t slots, TimePoint now);
  /// Ends at most `most` accounted flows.
  void end_accounted(FlowEnd end, std::size_t most);
  [[nodiscard]] bool has_ended() const noexcept { return !ended_.empty(); }
  /// At most `most` of them, the oldest.
  [[nodiscard]] std::vector<EndedFlow> take_ended(std::size_t most);
  [[nodiscard]] std::uint64_t take_lost() noexcept { return std::exchange(lost_, 0); }

  /// Shows the live flows of at most `slots` slots from `first` on; the slot to go on with, capacity() after the last.
  template <class Visit>
  std::size_t visit(std::size_t first, std::size_t slots, TimePoint now, Visit&& visit) const {
    const std::size_t last = std::min(slots_.size(), first + slots);
    for (std::size_t i = first; i < last; ++i) {
      if (is_live(slots_[i], now)) visit(slots_[i]);
    }
    return std::max(first, last);
  }

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
  /// Reports the end of an accounted flow; the slot is left as it is.
  void report_end(const Flow& flow, FlowEnd end);

  FlowLimits limits_;
  std::vector<Flow> slots_;
  std::uint64_t evicted_ = 0;
  std::size_t accounted_ = 0;
  std::size_t swept_ = 0;  ///< where sweep() goes on
  std::vector<EndedFlow> ended_;
  std::uint64_t lost_ = 0;
};

}  // namespace sallyport
