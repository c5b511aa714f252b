#pragma once

#include "client/daemon/tunnel_status.hpp"
#include "client/session/reconnect.hpp"
#include "client/session/session.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/pki/private_key.hpp"
#include "common/tls/engine.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

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
};

/// What that end means for the tunnel; docs/protocol.md section 17.3.
[[nodiscard]] ConnectionEnd end_of(const EndingNotice& ending);

/// One connection to a gateway: socket, TLS engine and, once TLS has verified the gateway, the session above it.
/// After receive(), flush() or handle_timeout() drain poll_event() and look at end().
class GatewayConnection {
 public:
  using PacketSink = std::function<void(Bytes packet)>;

  /// Above this many octets waiting for the socket, the owner stops reading from the inside.
  static constexpr std::size_t kMaxBacklog = 256U << 10U;

  GatewayConnection(FileDescriptor socket, std::unique_ptr<Engine> engine, std::string authority, Now now);

  /// Takes what the socket holds, a bounded amount of it. `scratch` and `plaintext` are work space of the caller.
  void receive(MutableBytes scratch, MutableBytes plaintext, Now now, const PacketSink& sink);
  /// A packet from the inside: sealed and sent by the next flush().
  void send_packet(Bytes packet) { (void)session_->send_packet(packet, plaintext_); }
  /// Signs `body` for this connection and sends it as the answer to `challenge`. False: the key cannot sign now.
  bool attest(const PrivateKey& key, const AttestChallenge& challenge, std::string body);
  [[nodiscard]] bool ask_why(std::string_view to, std::uint64_t id) {
    return session_ && session_->ask_why(to, id, plaintext_);
  }
  /// A challenge follows soon. False: not online, or this gateway takes no proofs.
  [[nodiscard]] bool ask_for_challenge() { return session_ && session_->ask_for_challenge(plaintext_); }
  /// Seals what waits and gives the socket what it takes.
  void flush();
  void handle_timeout(Now now);
  [[nodiscard]] std::optional<TimePoint> next_timeout() const;
  /// Says goodbye to the gateway as far as the socket takes it at once.
  void close();

  [[nodiscard]] std::optional<ClientEvent> poll_event();
  /// Set once nothing passes any more. The gateway's own words, where it gave any, say more than the way the stream
  /// ended; they are known once poll_event() is drained.
  [[nodiscard]] std::optional<ConnectionEnd> end() const;

  /// Nothing passes any more, whether or not poll_event() has told of it.
  [[nodiscard]] bool is_over() const noexcept { return end_.has_value() || (session_ && session_->is_closed()); }
  [[nodiscard]] bool is_online() const noexcept { return session_ && session_->is_online() && !end_; }
  [[nodiscard]] bool wants_write() const noexcept { return sent_ < engine_->outbox().size(); }
  [[nodiscard]] bool has_room() const noexcept { return backlog() < kMaxBacklog; }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  [[nodiscard]] const Engine& engine() const noexcept { return *engine_; }
  /// Null before the TLS handshake is done.
  [[nodiscard]] const ClientSession* session() const noexcept { return session_ ? &*session_ : nullptr; }
  [[nodiscard]] std::optional<std::uint32_t> rtt_microseconds() const noexcept;

 private:
  [[nodiscard]] bool finish_handshake(Now now);
  [[nodiscard]] bool read_records(MutableBytes plaintext, const PacketSink& sink);
  void end_input();
  void finish(ConnectionEnd end);
  void drop_sent();
  [[nodiscard]] std::size_t backlog() const noexcept { return plaintext_.size() + engine_->outbox().size() - sent_; }

  FileDescriptor socket_;
  std::unique_ptr<Engine> engine_;
  std::string authority_;
  TimePoint handshake_deadline_;
  std::optional<ClientSession> session_;
  ByteBuffer plaintext_;
  std::size_t sent_ = 0;  ///< octets of the engine's outbox that the socket has
  std::optional<EndingNotice> ending_;
  std::optional<Refused> refusal_;
  std::optional<ConnectionEnd> end_;  ///< as seen on our side
};

/// Counts what passed on it; `connection` may be null.
void add_traffic(TunnelStatus& status, const GatewayConnection* connection);

}  // namespace sallyport
