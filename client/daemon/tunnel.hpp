#pragma once

#include "client/config/client_config.hpp"
#include "client/daemon/apply_pace.hpp"
#include "client/daemon/attest_turn.hpp"
#include "client/daemon/authority_turn.hpp"
#include "client/daemon/comeback.hpp"
#include "client/daemon/denials.hpp"
#include "client/daemon/dialer.hpp"
#include "client/daemon/gateway_connection.hpp"
#include "client/daemon/gateway_words.hpp"
#include "client/daemon/identity.hpp"
#include "client/daemon/inside_keeper.hpp"
#include "client/daemon/posture_vigil.hpp"
#include "client/daemon/prepared_identity.hpp"
#include "client/daemon/previous_connection.hpp"
#include "client/daemon/proof_turn.hpp"
#include "client/daemon/renewer.hpp"
#include "client/daemon/resolver.hpp"
#include "client/posture/asked_names.hpp"
#include "client/session/path_limits.hpp"
#include "client/session/switch_schedule.hpp"
#include "common/log/log.hpp"
#include "common/uv/blocking_thread.hpp"
#include "common/uv/timer.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// The tunnel of one profile at a time: connects, carries packets, connects again. Lives on one loop's thread.
class Tunnel {
 public:
  struct Listener {
    std::function<void()> on_change;  ///< the state, the failure or the network changed; may not call up() or down()
    std::function<void(const WhyAnswer&)> on_why;
    std::function<void(const ProofVerdict&)> on_proof;  ///< what opens by it is routed by then
  };

  Tunnel(Loop& loop, Log& log, JournalledNetwork network, std::shared_ptr<const PostureSource> posture,
         std::uint64_t seed, Listener listener);

  /// up() of this profile may come: does ahead what need not wait for it. Requires is_down().
  void expect(const Profile& profile);
  /// It did not come: no key waits in memory for it any longer. The interface goes on waiting.
  void forget_expected() noexcept { prepared_.forget(); }
  /// Requires is_down(). Keeps trying until down().
  void up(const Profile& profile);
  /// Somebody waits: if the next attempt is some time away, makes it now.
  void hurry();
  /// Ends the session and undoes every change of the network but the interface, which waits for the next one with no
  /// address and no route. A failure leaves what is left to the next start.
  Result<void, NetworkFailure> down();
  /// down(), and undoes every change of the network.
  Result<void, NetworkFailure> leave();

  [[nodiscard]] bool is_down() const noexcept { return !profile_; }
  /// Packets pass, and the routes the gateway offers are in place.
  [[nodiscard]] bool is_ready() const noexcept { return state_ == TunnelState::Online && has_routes_; }
  [[nodiscard]] const std::optional<TunnelFailure>& failure() const noexcept { return failure_; }
  /// The failure is one that trying again soon does not mend.
  [[nodiscard]] bool has_failed() const noexcept { return failure_ && outcome_ == Reconnect::Outcome::Refused; }

  /// A WhyAnswer with `id` follows. False: not online, or the gateway does not answer such questions.
  [[nodiscard]] bool ask_why(const std::string& to, std::uint64_t id);
  /// A ProofVerdict follows, unless the connection ends before. False: not online, another code is on its way, or this
  /// gateway takes none.
  [[nodiscard]] bool offer_proof(ProofAttempt attempt);
  /// Nobody waits any more: a code that was not sent yet never is.
  void withdraw_proof() noexcept { proof_.withdraw(); }
  /// A code is on its way, perhaps one for which nobody waits any more.
  [[nodiscard]] bool is_proving() const noexcept { return proof_.is_taken(loop_.now().steady); }
  /// Whether a packet to `address` goes into the tunnel.
  [[nodiscard]] bool routes(const IpAddress& address) const;

  /// The token with the key of `profile`; null: the key is in a file.
  [[nodiscard]] Result<std::shared_ptr<Token>, PkiError> token_of(const Profile& profile) {
    return tokens_.of(profile.key);
  }
  /// For calls to tokens, which may take their time.
  [[nodiscard]] BlockingThread& key_thread() noexcept { return key_thread_; }

  /// What this session's gateway asked for by name last.
  [[nodiscard]] const PostureWants& posture_wants() const noexcept { return wants_; }
  /// How this session's gateway judged the last report; unset: it has not said.
  struct Standing {
    PostureStanding standing;
    WallTime told{};
  };
  [[nodiscard]] const std::optional<Standing>& standing() const noexcept { return standing_; }

  [[nodiscard]] TunnelStatus status() const;
  [[nodiscard]] const Denials& denials() const noexcept { return denials_; }

 private:
  using Outcome = Reconnect::Outcome;

  /// A connection that is to take the place of the one there is.
  struct Next {
    ClientIdentity identity;
    std::optional<Dialer> dialer{};
    std::unique_ptr<GatewayConnection> connection{};
    std::optional<Poll> poll{};                  ///< destroyed before the connection
    std::vector<ClientEvent> events{};           ///< for when it takes over
    std::optional<AttestChallenge> challenge{};  ///< not answered yet
    std::string reported{};                      ///< the newest report on it; empty: none yet
  };

  /// Called for the tunnel, and is the first to go through it.
  struct WakingPacket {
    ByteBuffer bytes;
    Segmentation segmentation;
  };

  void enter(TunnelState state);
  void attempt();
  [[nodiscard]] Result<ClientIdentity, TunnelFailure> current_identity();
  void ask_for_key();
  void look_up();
  void dial(std::vector<IpAddress> addresses);
  void begin_session(Dialer::Connected connected);
  [[nodiscard]] Result<void, SystemError> watch_connection();
  void lose(ConnectionEnd end);
  void forget_connection();

  void on_outside(bool readable);
  void take_outside(GatewayConnection& connection);
  void on_inside();
  void pump_inside();
  void wake_by_inside();
  void wake();
  void on_tick();
  /// Sends what is due and acts on what happened. The connection may be gone afterwards.
  void settle();
  void take_events();
  void take(const Online& online);
  void take(const RoutesChanged& changed);
  void take(const DeniedNotice& notice);
  void take(const WhyAnswer& answer) { listener_.on_why(answer); }
  void take(const MoveNotice& notice);
  void take(const AttestChallenge& challenge);
  void take(const ProofWaiting& waiting) { status_.proof = waiting; }
  void take(const ProofVerdict& verdict) {
    proof_.settle();
    verdict_ = verdict;
  }
  void tell_verdict();
  void take(const PostureStanding& standing);
  void take(const AuthorityAnnouncement& announcement);
  [[nodiscard]] bool take_now(const AuthorityAnnouncement& announcement);
  const PostureWants& admit_wants(const AttestChallenge& challenge);
  void begin_answer(AttestTurn& turn, const ClientIdentity& identity, const GatewayConnection& connection,
                    const AttestChallenge& challenge, Duration delay = {});
  void send_answer(AttestTurn::Signed done);
  void tell_posture_changed();
  void note_key(const std::optional<PkiError>& problem);
  /// Refused, EndingNotice, Closed: the connection's end tells what they mean.
  template <class Other>
  void take(const Other& /*event*/) {}
  /// A line of the log that the gateway brings about by what it says.
  void tell(Level level, std::string_view event, std::string_view words, std::initializer_list<LogField> fields);
  void tell_left_out();
  /// At once, unless the gateway has it changed all the time.
  void apply_in_time();
  void apply_network();
  void announce_online();

  [[nodiscard]] std::optional<PublicKey> carrying_key() const;
  void on_renewed();
  void on_renewal_failed();
  /// The certificate has expired and the renewer failed: what that means for the tunnel.
  [[nodiscard]] ConnectionEnd end_without_renewal() const;
  [[nodiscard]] bool has_newer_identity();
  void begin_switch();
  void switch_over();
  void begin_next(Dialer::Connected connected);
  void await_recovery();
  void drive_next();
  void take_next_events();
  void answer_next(const AttestChallenge& challenge);
  void send_next_answer(AttestTurn::Signed done);
  void on_next_tick();
  void drop_next(const std::string& words);
  void forget_next();
  void take_over();
  void take_proof_along(ProofTurn proof);
  void retire_connection();
  void keep_identity();
  [[nodiscard]] std::unique_ptr<GatewayConnection> connect_by(const ClientIdentity& identity,
                                                              Dialer::Connected& connected, std::string& words);
  [[nodiscard]] Result<std::unique_ptr<Engine>, TlsError> engine_of(const ClientIdentity& identity, WallTime now);
  void on_handshake_step();
  void prepare_inside();
  [[nodiscard]] bool on_inside_lost();
  void on_inside_remade();
  /// What is out of reach for want of IPv6; nullopt: nothing.
  [[nodiscard]] std::optional<Ipv6Off> ipv6_off() const;
  [[nodiscard]] bool carries(const IpAddress& address) const noexcept {
    return address.is_v4() || inside_.ipv6() == Ipv6::Usable;
  }
  void tell_ipv6();
  void look_for_ipv6();
  void note_stall();
  void note_recovery();
  [[nodiscard]] bool note_swallowed(GatewayConnection& connection);

  Loop& loop_;
  Log& log_;
  Listener listener_;
  Comeback comeback_;
  InsideKeeper inside_;
  Resolver resolver_;
  PostureVigil vigil_;
  PathLimits paths_;
  std::optional<Dialer> dialer_;
  Timer retry_;
  Timer apply_;  ///< armed while a change of the network waits
  Timer ipv6_look_;
  Timer tick_;
  Timer calm_;  ///< the first packets have passed
  Timer next_tick_;
  AuthorityTurn authorities_;  ///< of the session that carries
  SwitchSchedule switch_;
  Tokens tokens_;
  BlockingThread key_thread_;
  AttestTurn answers_;                          ///< of the session that carries
  AttestTurn next_answers_;                     ///< of the one that is to take its place
  std::optional<BlockingThread::Call> asking_;  ///< whether the key is there, before the gateway is bothered
  std::optional<BlockingThread::Call> releasing_;
  std::optional<BlockingThread::Call> settling_;  ///< of the identity that counts
  Renewer renewer_;

  std::optional<Profile> profile_;
  TunnelState state_ = TunnelState::Down;
  std::optional<ClientIdentity> identity_;
  PreparedIdentity prepared_;                                   ///< for the first attempt
  std::vector<IpAddress> gateway_addresses_;                    ///< all that the name resolved to
  std::optional<TimePoint> resolved_;                           ///< when it did
  QueueHome queue_home_{.pool = {}, .key = random_flow_key()};  ///< outlives the connections
  std::unique_ptr<GatewayConnection> connection_;
  std::optional<Poll> poll_;  ///< destroyed before the connection
  std::optional<Next> next_;
  PreviousConnection previous_;
  bool has_told_congestion_ = false;  ///< that another one than wanted is used
  bool is_for_stall_ = false;         ///< the change that is wanted: for nothing but a stall
  std::optional<WakingPacket> waking_packet_;
  TunnelStatus status_;  ///< what status() does not take from elsewhere
  InsideSettings settings_;
  bool network_changed_ = false;
  ApplyPace apply_pace_;
  bool lacks_ipv6_ = false;    ///< and that was told
  bool has_prepared_ = false;  ///< this connection has seen to the interface, once
  bool has_routes_ = false;    ///< this session advertised what it routes
  std::optional<TunnelFailure> failure_;
  Outcome outcome_ = Outcome::Lost;
  Denials denials_;
  GatewayWords words_;  ///< of all sessions
  ProofTurn proof_;
  std::optional<ProofVerdict> verdict_;  ///< to be told when the network is as it says
  AskedNames asked_names_;               ///< of all sessions
  PostureWants wants_;
  std::optional<Standing> standing_;

  ByteBuffer ciphertext_;  ///< work space, reused
  ByteBuffer plaintext_;
  ByteBuffer packet_;
  GatewayConnection::PacketSink to_inside_;
};

}  // namespace sallyport
