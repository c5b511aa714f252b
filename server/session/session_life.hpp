#pragma once

#include "common/base/time.hpp"
#include "server/session/end_reason.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

/// How long sessions may go on. Unset: for ever.
struct SessionLimits {
  std::optional<std::chrono::seconds> lifetime{};    ///< since it began
  std::optional<std::chrono::seconds> idle_limit{};  ///< since an inside packet passed, in either direction
  std::optional<std::chrono::seconds> dead_peer{};   ///< since anything came from the client
  friend bool operator==(const SessionLimits&, const SessionLimits&) = default;
};

/// Why a session is to be followed by another one; docs/protocol.md section 18.2.
enum class MoveReason : std::uint8_t { Lifetime, Draining };
[[nodiscard]] std::string_view name_of(MoveReason reason) noexcept;
[[nodiscard]] std::string_view words_for(MoveReason reason) noexcept;

/// When one session is asked to move, probed and ended. Nothing that the client sends makes its lifetime longer. Pure.
class SessionLife {
 public:
  SessionLife(std::uint64_t session, TimePoint began) noexcept
      : session_{session}, began_{began}, last_packet_{began}, last_heard_{began} {}

  /// May be called again. A session that is older than its new lifetime is asked to move first, and has a while for it.
  void use(const SessionLimits& limits, TimePoint now) noexcept;

  void note_packet(TimePoint now) noexcept { last_packet_ = now; }
  void note_heard(TimePoint now) noexcept { last_heard_ = now; }
  /// It took over from that one: a change of sessions is no traffic.
  void follow(const SessionLife& older) noexcept { last_packet_ = older.last_packet_; }

  /// It must be gone after `left`. Never later than before.
  void drain(std::chrono::seconds left, TimePoint now) noexcept;

  /// What ends it now.
  [[nodiscard]] std::optional<EndReason> over(TimePoint now) const noexcept;
  /// The client is to be told to move: once for each reason.
  [[nodiscard]] std::optional<MoveReason> wants_move(TimePoint now) const noexcept;
  void note_move_told(MoveReason reason) noexcept;
  /// Since then it is no surprise when another session takes over.
  [[nodiscard]] bool was_told_to_move() const noexcept { return lifetime_told_ || drain_told_; }
  /// Whole seconds until ends(); 2^32 - 1 when it does not.
  [[nodiscard]] std::chrono::seconds left(TimePoint now) const noexcept;

  /// A client that answers probes has said nothing for too long.
  [[nodiscard]] bool is_silent(TimePoint now) const noexcept;
  [[nodiscard]] bool wants_probe(TimePoint now) const noexcept { return now >= probe_due(); }
  /// The number of the probe.
  [[nodiscard]] std::uint64_t note_probe(TimePoint now) noexcept;

  /// The next moment at which over(), wants_move() or wants_probe() may change; max(): never.
  [[nodiscard]] TimePoint next_due(bool can_move, bool can_probe) const noexcept;

  /// TimePoint::max(): never.
  [[nodiscard]] TimePoint ends() const noexcept;
  [[nodiscard]] TimePoint moves() const noexcept { return lifetime_moves_; }
  [[nodiscard]] TimePoint last_packet() const noexcept { return last_packet_; }

 private:
  [[nodiscard]] TimePoint idle_ends() const noexcept;
  [[nodiscard]] TimePoint silence_ends() const noexcept;
  [[nodiscard]] TimePoint probe_due() const noexcept;

  std::uint64_t session_;
  TimePoint began_;
  SessionLimits limits_;
  TimePoint lifetime_ends_ = TimePoint::max();
  TimePoint lifetime_moves_ = TimePoint::max();
  TimePoint drain_ends_ = TimePoint::max();
  bool lifetime_told_ = false;
  bool drain_told_ = false;
  TimePoint last_packet_;
  TimePoint last_heard_;
  TimePoint last_probe_ = TimePoint::min();
  std::uint64_t probes_ = 0;
};

}  // namespace sallyport
