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
  std::uint64_t acknowledged = 0;    ///< octets, since the beginning
  Duration round_trip{};             ///< smoothed
  Duration variation{};              ///< of it, smoothed
};

/// Notices a connection on which only small packets pass, or nothing any more, long before TCP gives up. Pure.
///
/// Before it is online the streams themselves show it: our hello is sent again and again, or what comes lacks its
/// beginning. Later a question of a few octets does, asked once when a busy session falls silent. Our stream is stuck
/// when it is sent again and again and nothing of it is acknowledged; the gateway's when ours is acknowledged and the
/// answer does not come. A pause of the network ends before either is found: the system's own tries are waited for.
class StallWatch {
 public:
  enum class Finding : std::uint8_t { None, Ask, Stalled };

  static constexpr Duration kBeat = std::chrono::milliseconds{100};       ///< between two looks
  static constexpr Duration kHole = std::chrono::milliseconds{500};       ///< missing for so long, it was swallowed
  static constexpr Duration kSilence = std::chrono::milliseconds{300};    ///< and a round trip, before the question
  static constexpr Duration kPatience = std::chrono::milliseconds{1200};  ///< for the answer; see patience_for()

  explicit StallWatch(TimePoint now) noexcept : received_{now}, due_{now + kBeat} {}

  void note_received(TimePoint now) noexcept;
  void note_sent(TimePoint now) noexcept { arm(now); }
  /// The TLS handshake is over.
  void note_verified() noexcept { stage_ = Stage::Upgrade; }
  /// Packets pass. Again: nothing.
  void note_online() noexcept;
  /// The question that look() asked for cannot be asked.
  void forget_question() noexcept;

  /// When look() may find something.
  [[nodiscard]] std::optional<TimePoint> due() const noexcept { return due_; }
  /// Ask: a question goes out now. Stalled: told once, until something comes again.
  [[nodiscard]] Finding look(const StreamSample& sample, TimePoint now) noexcept;

  [[nodiscard]] bool is_online() const noexcept { return stage_ == Stage::Session; }
  /// The session was found stalled, and nothing has come since.
  [[nodiscard]] bool is_stalled() const noexcept { return asked_ && !due_; }
  /// When something came last.
  [[nodiscard]] TimePoint received() const noexcept { return received_; }

 private:
  enum class Stage : std::uint8_t { Handshake, Upgrade, Session };

  void arm(TimePoint now) noexcept;
  [[nodiscard]] Finding look_at_beginning(const StreamSample& sample, TimePoint now) noexcept;
  [[nodiscard]] Finding ask(const StreamSample& sample, TimePoint now) noexcept;
  [[nodiscard]] Finding await(const StreamSample& sample, TimePoint now) noexcept;
  void follow(const StreamSample& sample, TimePoint now) noexcept;
  [[nodiscard]] bool is_unheard(const StreamSample& sample, TimePoint now) const noexcept;
  [[nodiscard]] bool is_stuck(const StreamSample& sample, TimePoint now) const noexcept;

  Stage stage_ = Stage::Handshake;
  TimePoint received_;
  std::optional<TimePoint> asked_;    ///< the question is out
  std::optional<TimePoint> through_;  ///< something was acknowledged since
  TimePoint moved_{};                 ///< the last time
  TimePoint resent_{};                ///< the system tried again, the last time
  std::uint64_t acknowledged_ = 0;
  std::uint32_t retransmits_ = 0;
  bool was_stuck_ = false;  ///< at the look before
  std::optional<TimePoint> due_;
};

}  // namespace sallyport
