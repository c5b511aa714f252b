#pragma once

#include "client/session/inside_packet.hpp"
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
#include <deque>
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

/// Why a packet did not pass the client. Counted, never fatal (RFC 9484 section 7).
enum class PacketDrop : std::uint8_t {
  NotOnline,
  Malformed,
  ForeignSource,
  ForeignDestination,
  Unroutable,
  BadSuperPacket,  ///< docs/protocol.md section 5.1
  ForeignQuote,    ///< an ICMP error about a packet that was not ours
};
inline constexpr std::size_t kPacketDropCount = 7;
[[nodiscard]] std::string_view describe(PacketDrop drop) noexcept;

/// The client's half of a tunnel, above TLS. Pure: no socket, no clock, no thread.
///
/// Plaintext for the gateway is appended to `out`. After every call drain poll_event() and re-arm next_timeout().
/// Once Closed has come nothing passes; the owner sends what is in `out` and closes the connection.
class ClientSession {
 public:
  /// A super-packet counts as its segments.
  struct Traffic {
    std::uint64_t packets_in = 0;  ///< from the gateway, given out by next_packet()
    std::uint64_t bytes_in = 0;
    std::uint64_t packets_out = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t unknown_contexts = 0;
    std::uint64_t lost_notices = 0;  ///< notices and answers that came while too many events waited
    std::array<std::uint64_t, kPacketDropCount> dropped_in{};
    std::array<std::uint64_t, kPacketDropCount> dropped_out{};
  };

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
  [[nodiscard]] Result<SuperPacket, PacketDrop> admit(const SuperPacket& packet);

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

  [[nodiscard]] std::optional<ClientEvent> poll_event();
  [[nodiscard]] std::optional<TimePoint> next_timeout() const noexcept;
  void handle_timeout(Now now);

  [[nodiscard]] bool is_online() const noexcept { return state_ == State::Online; }
  [[nodiscard]] bool is_closed() const noexcept { return state_ == State::Closed; }
  [[nodiscard]] const std::vector<IpPrefix>& addresses() const noexcept { return addresses_; }
  [[nodiscard]] Extensions extensions() const noexcept { return extensions_; }
  [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }

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
  std::optional<SuperPacket> take_packet(const SuperPacket& packet);
  std::nullopt_t drop_inbound(PacketDrop reason) noexcept;
  [[nodiscard]] PacketDrop drop_outbound(PacketDrop reason) noexcept;
  [[nodiscard]] std::optional<PacketDrop> fault_inbound(const InsidePacket& packet) const;
  [[nodiscard]] bool owns(const IpAddress& address) const noexcept;
  /// Queues an event that the gateway could send without end; drops it when the queue is long.
  void tell(ClientEvent event);

  ClientSessionOptions options_;
  TimePoint deadline_;
  State state_ = State::Idle;
  CloseReason reason_{};
  UpgradeResponseParser answer_;
  CapsuleReader capsules_;
  Bytes input_;  ///< not yet used by take_answer()
  Extensions extensions_;
  std::vector<IpPrefix> addresses_;
  std::optional<std::vector<AdvertisedRoute>> routes_;
  std::vector<std::uint64_t> questions_;
  std::uint64_t probes_ = 0;
  Traffic traffic_;
  std::deque<ClientEvent> events_;
};

}  // namespace sallyport
