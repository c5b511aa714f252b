#pragma once

#include "client/session/client_events.hpp"
#include "client/session/packet_guard.hpp"
#include "client/session/session_event.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/ip/super_packet.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/extensions.hpp"
#include "common/wire/upgrade.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

struct ClientSessionOptions {
  std::string authority;  ///< for Host: the gateway's name, with ":PORT" when that is not 443
  Extensions extensions = Extensions::all();
  Duration deadline = std::chrono::seconds{10};  ///< from construction to the first inside address
};

/// The client's half of a tunnel, above TLS. Pure: no socket, no clock, no thread.
///
/// Plaintext for the gateway is appended to `out`. After every call drain poll_event() and re-arm next_timeout().
/// Once Closed has come nothing passes; the owner sends what is in `out` and closes the connection.
class ClientSession {
 public:
  /// Begins the deadline: construct when the TLS handshake is done.
  ClientSession(ClientSessionOptions options, Now now);

  /// Writes the upgrade request. Nothing else is sent before the gateway has answered (RFC 9484 section 11).
  void start(ByteBuffer& out);

  /// Takes plaintext from the gateway; it stays borrowed until next_packet() has returned nullopt or an error.
  void receive(Bytes plaintext);

  /// The next packet, or super-packet, for the inside, borrowed until the next call; nullopt when the input is used up.
  /// An error is the reason of the Closed event.
  [[nodiscard]] Result<std::optional<SuperPacket>, CloseReason> next_packet(ByteBuffer& out);

  /// The gateway ended the stream. Call when next_packet() has returned nullopt.
  void end_of_input();

  /// Appends a packet from the inside as a DATAGRAM, or drops it. A super-packet goes as it is to a gateway that takes
  /// it, as its segments to any other.
  Result<void, PacketDrop> send_packet(const SuperPacket& packet, ByteBuffer& out);
  /// For a packet that must wait before it is sent: what of it may go to the gateway; an error: nothing, and that is
  /// counted.
  [[nodiscard]] Result<SuperPacket, PacketDrop> admit(const SuperPacket& packet) noexcept {
    return guard_.admit(packet);
  }

  /// Asks why `to` ("10.0.0.1:25/tcp") is or is not reached; a WhyAnswer event with `id` follows. False: not online,
  /// not negotiated, or too many questions open.
  [[nodiscard]] bool ask_why(std::string_view to, std::uint64_t id, ByteBuffer& out);

  /// Somebody typed a code: an AttestChallenge event follows soon, whose answer can carry it. False: not online, or not
  /// negotiated.
  [[nodiscard]] bool ask_for_challenge(ByteBuffer& out);

  /// What the last answer reported is not so any more: an AttestChallenge event follows soon, from a gateway that knows
  /// this. False: not online, or not negotiated.
  [[nodiscard]] bool tell_posture_changed(ByteBuffer& out);

  /// Asks the gateway for a sign of life; something comes soon, and be it only the answer. False: not online, or not
  /// negotiated.
  [[nodiscard]] bool probe(ByteBuffer& out);

  /// Answers the last AttestChallenge event.
  void attest(const AttestAnswer& answer, ByteBuffer& out);

  /// Answers an AuthorityAnnouncement event.
  void report_authorities(const AuthorityReport& report, ByteBuffer& out);

  /// Ends the session from this side. Idempotent.
  void close(CloseReason reason = CloseReason::ClosedByUser) { close(reason, {}); }

  [[nodiscard]] std::optional<ClientEvent> poll_event() { return events_.poll(); }
  [[nodiscard]] std::optional<TimePoint> next_timeout() const noexcept;
  void handle_timeout(Now now);

  [[nodiscard]] bool is_online() const noexcept { return state_ == State::Online; }
  [[nodiscard]] bool is_closed() const noexcept { return state_ == State::Closed; }
  [[nodiscard]] const std::vector<IpPrefix>& addresses() const noexcept { return guard_.addresses(); }
  [[nodiscard]] Extensions extensions() const noexcept { return extensions_; }
  [[nodiscard]] const PacketGuard::Traffic& traffic() const noexcept { return guard_.traffic(); }
  /// Datagrams of contexts that were not negotiated: skipped.
  [[nodiscard]] std::uint64_t unknown_contexts() const noexcept { return unknown_contexts_; }
  /// Notices and answers that came while too many events waited.
  [[nodiscard]] std::uint64_t lost_notices() const noexcept { return events_.lost(); }

 private:
  enum class State { Idle, AwaitingAnswer, AwaitingAddress, Online, Closed };

  void close(CloseReason reason, std::string_view detail);
  void take_answer(ByteBuffer& out);
  void settle_answer(const UpgradeResponse& answer, ByteBuffer& out);
  void take_control(const Capsule& capsule, ByteBuffer& out);
  void take_addresses(Bytes value);
  void adopt(std::vector<IpPrefix> addresses);
  void take_routes(Bytes value);
  void take_notice(Bytes value);
  void take_why(Bytes value);
  void take_challenge(Bytes value);
  void take_proof(Bytes value);
  void take_standing(Bytes value);
  void answer_probe(Bytes value, ByteBuffer& out);
  void take_authorities(Bytes value);
  std::optional<SuperPacket> take_datagram(Bytes value);

  ClientSessionOptions options_;
  TimePoint deadline_;
  State state_ = State::Idle;
  CloseReason reason_{};
  UpgradeResponseParser answer_;
  CapsuleReader capsules_;
  Bytes input_;  ///< not yet used by take_answer()
  Extensions extensions_;
  PacketGuard guard_;
  std::optional<std::vector<AdvertisedRoute>> routes_;
  std::vector<std::uint64_t> questions_;
  std::uint64_t probes_ = 0;
  std::uint64_t unknown_contexts_ = 0;
  ClientEvents events_;
};

}  // namespace sallyport
