#pragma once

#include "common/base/bytes.hpp"
#include "common/base/send_pending.hpp"
#include "common/queue/egress.hpp"
#include "common/tls/key_update_limit.hpp"
#include "common/uv/poll.hpp"
#include "server/gateway/verified_connection.hpp"
#include "server/session/session.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace sallyport {

/// From this many octets waiting for the socket on, nothing is read from the client. With the largest packet on top it
/// stays below 256 KiB.
inline constexpr std::size_t kMaxBacklog = 184U << 10U;
/// Sealed and sent together.
inline constexpr std::size_t kBatch = 64U << 10U;
/// How long an ended session may still push its last words before the connection is reset.
inline constexpr auto kDrainTime = std::chrono::milliseconds{250};
/// A client that takes nothing for this long is gone.
inline constexpr auto kStallTime = std::chrono::seconds{30};
/// A session that sends nothing for this long needs no buffers.
inline constexpr auto kIdleTime = std::chrono::seconds{5};
/// How long what is still on its way may come and go on the connection of a session that another one took over from.
inline constexpr auto kHandOverTime = std::chrono::seconds{3};

/// One client on its worker: socket, TLS engine and session. Glue without decisions of its own.
class Connection {
 public:
  Connection(VerifiedConnection verified, Session session, TimePoint now);

  /// What one read of the socket came to.
  enum class Input { Some, Nothing, Closed, Failed };
  /// Takes ciphertext from the socket into the engine. `scratch` stays borrowed until read_plaintext() is drained.
  [[nodiscard]] Input receive(MutableBytes scratch);
  /// The next plaintext, of all records that are there and fit; 0 octets: wants more.
  [[nodiscard]] Result<std::size_t, TlsError> read_plaintext(MutableBytes out) { return engine_->read_all(out); }

  /// False when the peer changes keys too often.
  [[nodiscard]] bool admits_key_updates(TimePoint now) noexcept {
    return key_updates_.admits(engine_->silent_records(), now);
  }

  /// A packet from the office: sealed by the next flush(), or now where that makes a batch. While the socket is full,
  /// or nobody hears it, it waits in its flow's queue.
  void take_inside(const SuperPacket& packet, Now now, QueueHome& home);
  /// The acknowledgement that take_inside() put off, once it is due.
  void take_due_ack(Now now, QueueHome& home) {
    if (const Bytes ack = egress_.take_ack(now.steady); !ack.empty()) pass_inside(SuperPacket{ack}, now, home);
  }
  /// Nullopt: none waits.
  [[nodiscard]] std::optional<TimePoint> ack_due() const noexcept { return egress_.ack_due(); }
  /// Seals what plaintext() holds, and the queue unless nobody hears the connection, as long as the socket takes it.
  /// False when the connection is lost.
  [[nodiscard]] bool flush(Now now);
  /// This session takes over from that of `older`, and the packets that wait there go on here, unless they are another
  /// device's or person's.
  void take_over(Connection& older) {
    if (session_.take_over(older.session_, older.plaintext_)) egress_.inherit(older.egress_);
  }
  [[nodiscard]] const Egress& egress() const noexcept { return egress_; }
  [[nodiscard]] Egress& egress() noexcept { return egress_; }

  [[nodiscard]] bool has_backlog_room() const noexcept { return backlog() < kMaxBacklog; }
  [[nodiscard]] bool wants_write() const noexcept { return sent_ < engine_->outbox().size(); }
  [[nodiscard]] bool is_stalled(TimePoint now) const noexcept;

  /// Gives back what a burst has made the buffers grow to, once nothing was sent for kIdleTime.
  void release_idle_memory(TimePoint now) noexcept;

  /// When it is to be looked after next, if nothing happens before; ack_due() is apart.
  [[nodiscard]] TimePoint next_due(Now now) const;

  /// Begins the last kDrainTime of this connection.
  void start_draining(TimePoint now) noexcept;
  [[nodiscard]] const std::optional<TimePoint>& drain_deadline() const noexcept { return drain_deadline_; }
  /// Nothing of ours is left to send: the close needs no reset.
  [[nodiscard]] bool is_drained() const noexcept;
  /// Makes the coming close a reset: what the kernel still holds is not delivered.
  void reset_on_close() noexcept;

  /// Begins kHandOverTime: nothing but what was sent before comes and goes.
  void hand_over(TimePoint now) noexcept { hand_over_deadline_ = now + kHandOverTime; }
  void stop_handing_over() noexcept { hand_over_deadline_.reset(); }
  [[nodiscard]] bool is_handing_over(TimePoint now) const noexcept {
    return hand_over_deadline_ && now < *hand_over_deadline_;
  }
  [[nodiscard]] const std::optional<TimePoint>& hand_over_deadline() const noexcept { return hand_over_deadline_; }

  [[nodiscard]] Session& session() noexcept { return session_; }
  [[nodiscard]] const SessionGrant& grant() const noexcept { return session_.grant(); }
  [[nodiscard]] ByteBuffer& plaintext() noexcept { return plaintext_; }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

  std::optional<Poll> poll;         ///< set by the worker that owns the loop; destroyed before the socket
  std::optional<CutOrigin> cut_by;  ///< what the end of the session is measured from
  bool is_dirty = false;            ///< on the worker's list of connections to flush at the end of this turn

 private:
  void pass_inside(const SuperPacket& packet, Now now, QueueHome& home);
  /// Seals and sends what plaintext() holds.
  [[nodiscard]] SendState send(TimePoint now);
  /// Moves packets from the queue to plaintext(). False: there is none.
  [[nodiscard]] bool refill(Now now);
  /// Keeps the outbox from growing behind a socket that takes only part of it each time.
  void drop_sent();
  [[nodiscard]] std::size_t backlog() const noexcept { return plaintext_.size() + engine_->outbox().size() - sent_; }

  std::shared_ptr<void> place_;
  FileDescriptor socket_;
  std::unique_ptr<Engine> engine_;
  KeyUpdateLimit key_updates_;
  Session session_;
  ByteBuffer plaintext_;
  std::size_t sent_ = 0;  ///< octets of the engine's outbox that the socket has
  Egress egress_;
  TimePoint progress_;
  TimePoint busy_;  ///< octets were sent last
  std::optional<TimePoint> drain_deadline_;
  std::optional<TimePoint> hand_over_deadline_;
};

}  // namespace sallyport
