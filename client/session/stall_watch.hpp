#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace sallyport {

/// What the system says of a connection's two streams of segments.
struct StreamSample {
  std::uint32_t unacknowledged = 0;  ///< segments that were sent
  std::uint32_t retransmits = 0;     ///< in a row, of the first of them
  std::uint32_t out_of_order = 0;    ///< segments that came while earlier ones were missing, since the beginning
  Duration round_trip{};             ///< smoothed
};

/// Notices a connection on which only small packets pass, or nothing any more, long before TCP gives up. Pure.
///
/// During the handshake the streams themselves show it: our hello is sent again and again, or what comes lacks its
/// beginning. Later a question of a few octets does, asked once when a busy session falls silent: while the answer is
/// out, the gateway's stream is stuck, or ours.
class StallWatch {
 public:
  enum class Finding : std::uint8_t { None, Ask, Stalled };

  static constexpr Duration kBeat = std::chrono::milliseconds{100};      ///< between two looks at a handshake
  static constexpr Duration kHole = std::chrono::milliseconds{500};      ///< missing for so long, it was swallowed
  static constexpr Duration kSilence = std::chrono::milliseconds{300};   ///< before the question
  static constexpr Duration kPatience = std::chrono::milliseconds{600};  ///< for the answer, and four round trips

  explicit StallWatch(TimePoint now) noexcept : received_{now}, due_{now + kBeat} {}

  void note_received(TimePoint now) noexcept;
  void note_sent(TimePoint now) noexcept { arm(now); }
  /// The handshake is over.
  void note_verified() noexcept;
  /// The question that look() asked for cannot be asked.
  void forget_question() noexcept;

  /// When look() may find something.
  [[nodiscard]] std::optional<TimePoint> due() const noexcept { return due_; }
  /// Ask: a question goes out now. Stalled: told once, until something comes again.
  [[nodiscard]] Finding look(const StreamSample& sample, TimePoint now) noexcept;

 private:
  void arm(TimePoint now) noexcept;
  [[nodiscard]] Finding look_at_handshake(const StreamSample& sample, TimePoint now) noexcept;

  bool is_verified_ = false;
  TimePoint received_;
  std::optional<TimePoint> asked_;  ///< the question is out
  std::optional<TimePoint> due_;
};

}  // namespace sallyport
