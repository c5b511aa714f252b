#pragma once

#include "common/base/path_sample.hpp"
#include "common/base/time.hpp"
#include "common/queue/codel.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sallyport {

/// What a session's connection takes, and what follows from it: how much may wait where, and in pieces of what size.
///
/// What the kernel holds and has not sent is delay that no queue of ours can mend, so it is what leaves within a few
/// milliseconds. On a path that loses packets the stream stands still while it repairs, and what comes then comes at
/// once: there the kernel takes a round trip's worth, because less would be dropped again and again.
class OutsidePace {
 public:
  static constexpr std::size_t kLeastUnsent = 16U << 10U;
  static constexpr std::size_t kMostUnsent = 2U << 20U;
  /// Where a round trip takes less than a millisecond: more keeps nothing busy, and stands in front of what is sparse.
  static constexpr std::size_t kMostUnsentNear = 512U << 10U;

  /// `octets` more were given to the socket. True: it is time to call adapt().
  [[nodiscard]] bool note(std::size_t octets, TimePoint now) noexcept;
  /// It is, if anything goes now.
  [[nodiscard]] bool is_due(TimePoint now) const noexcept { return now - since_ >= kBeat; }
  /// Returns the kernel's new limit of unsent octets, when it is another one.
  [[nodiscard]] std::optional<std::size_t> adapt(const std::optional<PathSample>& sample, TimePoint now) noexcept;

  /// When it was looked at last, it lost lately, and nothing waited on the way.
  [[nodiscard]] bool is_lossy() const noexcept { return is_lossy_; }
  [[nodiscard]] std::size_t unsent_limit() const noexcept { return unsent_; }
  /// Sealed and sent together.
  [[nodiscard]] std::size_t batch() const noexcept { return batch_; }
  /// A super-packet on the line holds up what would overtake it: about a millisecond's worth.
  [[nodiscard]] std::size_t largest_piece() const noexcept { return piece_; }
  /// How far apart a flow's acknowledgements go; 0: as they come.
  [[nodiscard]] Duration ack_gap() const noexcept { return ack_gap_; }
  [[nodiscard]] const CodelSettings& codel() const noexcept { return codel_; }

 private:
  static constexpr Duration kBeat = std::chrono::milliseconds{50};

  void follow_losses(const PathSample& sample, TimePoint now) noexcept;
  void follow(double rate, const PathSample& sample) noexcept;

  TimePoint since_{};
  std::size_t octets_ = 0;  ///< since then
  std::size_t unsent_ = kFirstUnsentLimit;
  std::size_t batch_ = 64U << 10U;
  std::size_t piece_ = 64U << 10U;
  std::uint64_t retransmitted_ = 0;
  TimePoint lossy_until_{};
  bool is_lossy_ = false;
  std::uint64_t disordered_ = 0;
  TimePoint sparing_until_{};
  Duration ack_gap_{};
  CodelSettings codel_{std::chrono::milliseconds{20}, std::chrono::milliseconds{100}};
};

}  // namespace sallyport
