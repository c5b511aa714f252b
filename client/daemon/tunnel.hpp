#pragma once

#include "client/config/client_config.hpp"
#include "client/daemon/denials.hpp"
#include "client/daemon/dialer.hpp"
#include "client/daemon/gateway_connection.hpp"
#include "client/daemon/identity.hpp"
#include "client/daemon/inside.hpp"
#include "client/daemon/renewer.hpp"
#include "client/daemon/resolver.hpp"
#include "common/log/log.hpp"
#include "common/uv/timer.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace sallyport {

/// The tunnel of one profile at a time: connects, carries packets, connects again. Lives on one loop's thread.
class Tunnel {
 public:
  struct Listener {
    std::function<void()> on_change;  ///< the state, the failure or the network changed; may not call up() or down()
    std::function<void(const WhyAnswer&)> on_why;
  };

  Tunnel(Loop& loop, Log& log, JournalledNetwork network, std::uint64_t seed, Listener listener);

  /// Requires is_down(). Keeps trying until down().
  void up(const Profile& profile);
  /// Somebody waits: if the next attempt is some time away, makes it now.
  void hurry();
  /// Ends the session and undoes every change of the network. A failure leaves the rest to the next start.
  Result<void, NetworkFailure> down();

  [[nodiscard]] bool is_down() const noexcept { return !profile_; }
  /// Packets pass, and the routes the gateway offers are in place.
  [[nodiscard]] bool is_ready() const noexcept { return state_ == TunnelState::Online && has_routes_; }
  [[nodiscard]] const std::optional<TunnelFailure>& failure() const noexcept { return failure_; }
  /// The failure is one that trying again soon does not mend.
  [[nodiscard]] bool has_failed() const noexcept { return failure_ && outcome_ == Reconnect::Outcome::Refused; }

  /// A WhyAnswer with `id` follows. False: not online, or the gateway does not answer such questions.
  [[nodiscard]] bool ask_why(const std::string& to, std::uint64_t id);
  /// Whether a packet to `address` goes into the tunnel.
  [[nodiscard]] bool routes(const IpAddress& address) const;

  [[nodiscard]] TunnelStatus status() const;
  [[nodiscard]] const Denials& denials() const noexcept { return denials_; }

 private:
  using Outcome = Reconnect::Outcome;

  /// A connection that is to take the place of the one there is.
  struct Next {
    ClientIdentity identity;
    std::optional<Dialer> dialer{};
    std::unique_ptr<GatewayConnection> connection{};
    std::optional<Poll> poll{};  ///< destroyed before the connection
    std::string peer{};
  };

  void attempt();
  void dial(std::vector<IpAddress> addresses);
  void begin_session(Dialer::Connected connected);
  [[nodiscard]] Result<void, SystemError> watch_connection();
  void lose(ConnectionEnd end);
  void forget_connection();

  void on_outside(bool readable);
  void on_inside();
  void pump_inside();
  void on_tick();
  /// Sends what is due and acts on what happened. The connection may be gone afterwards.
  void settle();
  void take_events();
  void take(const Online& online);
  void take(const RoutesChanged& changed);
  void take(const DeniedNotice& notice);
  void take(const WhyAnswer& answer) { listener_.on_why(answer); }
  void take(const AttestChallenge& challenge);
  /// Refused, EndingNotice, Closed: the connection's end tells what they mean.
  template <class Other>
  void take(const Other& /*event*/) {}
  void apply_network();
  void announce_online();

  void on_renewed();
  void on_renewal_failed();
  void switch_over();
  void begin_next(Dialer::Connected connected);
  void drive_next();
  void on_next_tick();
  void drop_next(const std::string& words);
  void take_over();
  void keep_identity();

  Loop& loop_;
  Log& log_;
  Listener listener_;
  Reconnect reconnect_;
  Inside inside_;
  Resolver resolver_;
  std::optional<Dialer> dialer_;
  Timer retry_;
  Timer tick_;
  Timer next_tick_;
  Renewer renewer_;

  std::optional<Profile> profile_;
  TunnelState state_ = TunnelState::Down;
  std::optional<ClientIdentity> identity_;
  std::vector<IpAddress> gateway_addresses_;  ///< all that the name resolved to
  std::unique_ptr<GatewayConnection> connection_;
  std::optional<Poll> poll_;  ///< destroyed before the connection
  std::optional<Next> next_;
  TunnelStatus status_;  ///< what status() does not take from elsewhere
  InsideSettings settings_;
  bool network_changed_ = false;
  bool has_routes_ = false;  ///< this session advertised what it routes
  std::optional<TunnelFailure> failure_;
  Outcome outcome_ = Outcome::Lost;
  Denials denials_;

  ByteBuffer ciphertext_;  ///< work space, reused
  ByteBuffer plaintext_;
  ByteBuffer packet_;
  GatewayConnection::PacketSink to_inside_;
};

}  // namespace sallyport
