#pragma once

#include "client/daemon/tunnel_status.hpp"
#include "client/enrolment/handshake_steps.hpp"
#include "client/session/path_limits.hpp"
#include "client/session/reconnect.hpp"
#include "client/session/session.hpp"
#include "client/session/stall_watch.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/send_pending.hpp"
#include "common/queue/egress.hpp"
#include "common/tls/engine.hpp"
#include "common/tls/key_update_limit.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sallyport {

/// What brings a tunnel back that has ended.
enum class Resume : std::uint8_t {
  ByTime,
  WithTraffic,  ///< the next packet that a program sends into it
  WhenAsked,    ///< its person
};

/// How a connection ended and whether trying again at once may help.
struct ConnectionEnd {
  TunnelFailure failure;
  Reconnect::Outcome outcome = Reconnect::Outcome::Lost;
  Resume resume = Resume::ByTime;
  std::chrono::seconds return_within{};  ///< the gateway wants it back after a random part of this; 0: it did not say
  bool is_worth_another = false;         ///< the next attempt differs from this one: at once
};

/// What that end means for the tunnel; docs/protocol.md section 18.3.
[[nodiscard]] ConnectionEnd end_of(const EndingNotice& ending);

/// Without the device key there is no connection. A token that comes back is to be noticed soon; a PIN that is missing
/// is not tried for all the sooner.
[[nodiscard]] ConnectionEnd end_without_key(const PkiError& error);

/// One connection to a gateway: socket, TLS engine and, once TLS has verified the gateway, the session above it.
/// After receive(), flush() or handle_timeout() drain poll_event() and look at end().
class GatewayConnection {
 public:
  /// Called for each packet to the inside, which may lie in `plaintext` of receive().
  using PacketSink = std::function<void(const SuperPacket& packet)>;

  /// With a `thread` the steps of the TLS handshake run on it, and `on_step` asks for resume().
  GatewayConnection(FileDescriptor socket, std::unique_ptr<Engine> engine, std::string authority, Now now,
                    BlockingThread* thread = nullptr, std::function<void()> on_step = {});

  /// Takes what the socket holds, a bounded amount of it. `scratch` and `plaintext` are work space of the caller.
  void receive(MutableBytes scratch, MutableBytes plaintext, Now now, const PacketSink& sink);
  /// A step of the handshake has ended: resume() is called for.
  [[nodiscard]] bool has_stepped() const noexcept { return steps_.has_outcome(); }
  /// Goes on with the handshake. Requires has_stepped().
  void resume(MutableBytes plaintext, Now now, const PacketSink& sink);
  /// A packet from the inside: sealed and sent by the next flush(), or now where that makes a batch. While the
  /// socket is full, or nobody hears it, it waits in its flow's queue.
  void send_packet(const SuperPacket& packet, QueueHome& home, TimePoint now);
  /// The acknowledgement that send_packet() put off, once it is due.
  void send_due_ack(QueueHome& home, TimePoint now) {
    if (const Bytes ack = egress_.take_ack(now); !ack.empty()) pass_packet(SuperPacket{ack}, home, now);
  }
  /// The packets that wait in `other`, which this one took over from, go on here once it is online.
  void inherit_queue(GatewayConnection& other) noexcept { egress_.inherit(other.egress_); }
  [[nodiscard]] const Egress& egress() const noexcept { return egress_; }
  [[nodiscard]] Egress& egress() noexcept { return egress_; }
  /// What ties answers to challenges to this connection; nullopt before there is one.
  [[nodiscard]] std::optional<ChannelValue> attestation_channel() const;
  /// Sends an answer to the newest challenge.
  void attest(const AttestAnswer& answer) {
    if (session_) session_->attest(answer, plaintext_);
  }
  [[nodiscard]] bool ask_why(std::string_view to, std::uint64_t id) {
    return session_ && session_->ask_why(to, id, plaintext_);
  }
  /// A challenge follows soon. False: not online, or this gateway takes no proofs.
  [[nodiscard]] bool ask_for_challenge() { return session_ && session_->ask_for_challenge(plaintext_); }
  /// A challenge follows soon, from a gateway that knows this. False: not online, or this one asks for no reports.
  [[nodiscard]] bool tell_posture_changed() { return session_ && session_->tell_posture_changed(plaintext_); }
  void report_authorities(const AuthorityReport& report) {
    if (session_) session_->report_authorities(report, plaintext_);
  }
  /// Seals what waits, as long as the socket takes it; packets not while nobody hears the connection.
  void flush(TimePoint now);
  void handle_timeout(Now now);
  [[nodiscard]] std::optional<TimePoint> next_timeout() const;
  /// Says goodbye to the gateway as far as the socket takes it at once; what waits in queues is dropped.
  void close();

  [[nodiscard]] std::optional<ClientEvent> poll_event();
  /// Set once nothing passes any more. The gateway's own words, where it gave any, say more than the way the stream
  /// ended; they are known once poll_event() is drained.
  [[nodiscard]] std::optional<ConnectionEnd> end() const;

  /// What it takes through the network.
  void follow(const OuterPath& path) noexcept { path_ = path; }
  [[nodiscard]] const OuterPath& path() const noexcept { return path_; }
  /// Its socket began without pacing: it gets BBR when it needs it.
  void pace_by_need() noexcept { egress_.pace_by_need(); }

  /// It stalled: before it was online, and is over; or later, and goes on. Told once each.
  [[nodiscard]] bool take_stall() noexcept { return std::exchange(has_stalled_, false); }
  /// The first of these.
  [[nodiscard]] bool take_swallowed() noexcept { return !watch_.is_online() && take_stall(); }
  /// The session stalled, and nothing has come since.
  [[nodiscard]] bool is_stalled() const noexcept { return watch_.is_stalled(); }
  [[nodiscard]] TimePoint heard_at() const noexcept { return watch_.received(); }

  /// Nothing passes any more, whether or not poll_event() has told of it.
  [[nodiscard]] bool is_over() const noexcept { return end_.has_value() || (session_ && session_->is_closed()); }
  [[nodiscard]] bool is_online() const noexcept { return session_ && session_->is_online() && !end_; }
  /// Not while a step of the handshake is under way.
  [[nodiscard]] bool wants_read() const noexcept { return !steps_.is_engine_away(); }
  [[nodiscard]] bool wants_write() const noexcept {
    return !steps_.is_engine_away() && sent_ < engine_->outbox().size();
  }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  [[nodiscard]] const Engine& engine() const noexcept { return *engine_; }
  /// Null before the TLS handshake is done.
  [[nodiscard]] const ClientSession* session() const noexcept { return session_ ? &*session_ : nullptr; }
  [[nodiscard]] std::optional<std::uint32_t> rtt_microseconds() const noexcept;

 private:
  void pass_packet(const SuperPacket& packet, QueueHome& home, TimePoint now);
  [[nodiscard]] bool finish_handshake(const HandshakeSteps::Outcome& done, Now now);
  [[nodiscard]] bool read_records(MutableBytes plaintext, TimePoint now, const PacketSink& sink);
  void end_input();
  void finish(ConnectionEnd end);
  [[nodiscard]] SendState send(TimePoint now);
  [[nodiscard]] bool refill(TimePoint now);
  void drop_sent();
  [[nodiscard]] std::size_t backlog() const noexcept { return plaintext_.size() + engine_->outbox().size() - sent_; }
  void look_for_stall(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> egress_due() const noexcept;

  FileDescriptor socket_;
  std::shared_ptr<Engine> engine_;
  HandshakeSteps steps_;
  std::string authority_;
  TimePoint handshake_deadline_;
  std::optional<ClientSession> session_;
  ByteBuffer plaintext_;
  KeyUpdateLimit key_updates_{};
  std::size_t sent_ = 0;  ///< octets of the engine's outbox that the socket has
  Egress egress_;
  StallWatch watch_;
  bool has_stalled_ = false;
  OuterPath path_{};
  std::optional<EndingNotice> ending_;
  std::optional<Refused> refusal_;
  std::optional<ConnectionEnd> end_;  ///< as seen on our side
};

/// Counts what passed on it; `connection` may be null.
void add_traffic(TunnelStatus& status, const GatewayConnection* connection);

}  // namespace sallyport
