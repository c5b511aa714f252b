#pragma once

#include "common/base/time.hpp"
#include "common/ip/super_packet.hpp"
#include "common/queue/flow_hash.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport {

/// Which flows send large packets now, so that what answers them can be told from what answers all others. A flow that
/// is forgotten, or taken for another, costs somebody a little time and nothing else. Sans-IO.
class BulkFlows {
 public:
  /// Smaller packets say nothing: acknowledgements, echoes, keystrokes, questions.
  static constexpr std::size_t kLarge = 1000;
  /// A flow counts that long after its last large packet.
  static constexpr auto kMemory = std::chrono::milliseconds{100};

  explicit BulkFlows(const FlowHashKey& key) noexcept : key_{key} {}

  /// A packet that goes one way.
  void note(const SuperPacket& packet, TimePoint now) noexcept;
  /// Whether `packet`, which goes the other way, is of a flow that counts.
  [[nodiscard]] bool is_answer(Bytes packet, TimePoint now) const noexcept;

 private:
  struct Slot {
    std::uint32_t name = 0;
    TimePoint until{};
  };
  static constexpr std::size_t kSlots = 256;

  FlowHashKey key_;
  std::array<Slot, kSlots> slots_{};
  TimePoint until_{};  ///< of the newest: behind it there is nothing to look up
};

}  // namespace sallyport
