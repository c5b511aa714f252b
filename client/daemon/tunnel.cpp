#include "client/daemon/tunnel.hpp"

#include "common/base/congestion.hpp"
#include "common/base/turns.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sallyport {
namespace {

/// With what becomes of it and the records on the way it stays in the cache of one processor: 4 % less processor time
/// than two and four times as much, and half as much saves nothing more.
constexpr std::size_t kCiphertextScratch = 64U << 10U;
constexpr std::size_t kPlaintextScratch = kTunHeadroom + kCiphertextScratch;
constexpr auto kResolvedFor = std::chrono::seconds{2};
/// For so long after a session began each packet may be one that somebody waits for.
constexpr auto kShortTurnsFor = std::chrono::milliseconds{10};
/// Attempts that follow each other faster and fail alike are one line of the log.
constexpr auto kQuietRetry = std::chrono::seconds{1};

}  // namespace

Tunnel::Tunnel(Loop& loop, Log& log, JournalledNetwork network, std::shared_ptr<const PostureSource> posture,
               std::uint64_t seed, Listener listener)
    : loop_{loop},
      log_{log},
      listener_{std::move(listener)},
      comeback_{seed},
      inside_{loop,
              log,
              std::move(network),
              {[this] { on_inside(); }, [this] { return on_inside_lost(); }, [this] { on_inside_remade(); }}},
      resolver_{loop},
      vigil_{loop, log, posture, [this] { tell_posture_changed(); }},
      retry_{loop, [this] { attempt(); }},
      apply_{loop, [this] { settle(); }},
      ipv6_look_{loop, [this] { look_for_ipv6(); }},
      tick_{loop, [this] { on_tick(); }},
      calm_{loop, [] { take_turns(Turns::Usual); }},
      next_tick_{loop, [this] { on_next_tick(); }},
      authorities_{loop, [this](const auto& announcement) { return take_now(announcement); }, [this] { settle(); }},
      switch_{seed},
      key_thread_{loop, "device-key"},
      answers_{loop, posture, key_thread_, [this] { return proof_.send(loop_.now().steady); },
               [this](AttestTurn::Signed done) { send_answer(std::move(done)); }},
      next_answers_{loop,
                    std::move(posture),
                    key_thread_,
                    {},
                    [this](AttestTurn::Signed done) { send_next_answer(std::move(done)); }},
      renewer_{loop,
               log,
               seed,
               tokens_,
               key_thread_,
               paths_,
               {[this] { on_renewed(); }, [this] { on_renewal_failed(); }, [this] { return carrying_key(); }}},
      previous_{loop, [this](GatewayConnection& connection) { take_outside(connection); },
                [this](const GatewayConnection& connection) { add_traffic(status_, &connection); }},
      ciphertext_(kCiphertextScratch),
      plaintext_(kPlaintextScratch),
      packet_(kTunScratch),
      to_inside_{[this](const SuperPacket& packet) { inside_.write(packet, plaintext_); }} {
  enter(TunnelState::Down);
}

/// Somebody waits for each step until packets pass; those are better read many at a time, but for the first.
void Tunnel::enter(TunnelState state) {
  const bool was_online = state_ == TunnelState::Online;
  state_ = state;
  if (state == TunnelState::Online) {
    if (!was_online) calm_.arm(kShortTurnsFor);
    return;
  }
  calm_.cancel();
  take_turns(Turns::Short);
}

void Tunnel::expect(const Profile& profile) {
  prepared_.prepare(profile, tokens_, loop_.now().wall);
  inside_.rest(profile.interface);
}

void Tunnel::up(const Profile& profile) {
  profile_ = profile;
  inside_.rest_as(profile.interface);
  status_ = {};
  failure_.reset();
  denials_.clear();
  gateway_addresses_.clear();
  resolved_.reset();
  settings_ = {profile.interface, {}, {}};
  comeback_.reset();
  switch_.forget();
  is_for_stall_ = false;
  enter(TunnelState::Connecting);
  attempt();
}

void Tunnel::hurry() {
  if (!retry_.is_armed() && !comeback_.rests()) return;
  retry_.cancel();
  failure_.reset();
  comeback_.reset();
  attempt();
}

Result<ClientIdentity, TunnelFailure> Tunnel::current_identity() {
  const WallTime now = loop_.now().wall;
  if (auto prepared = prepared_.take(*profile_, now)) return std::move(*prepared);
  return load_identity(*profile_, tokens_, now);
}

void Tunnel::attempt() {
  status_.retry_at.reset();
  comeback_.settle();
  auto identity = current_identity();
  if (!identity) return lose({identity.error(), Outcome::Refused, Resume::ByTime, {}});
  identity_.emplace(std::move(*identity));
  renewer_.follow(*profile_, *identity_);
  if (identity_->is_expired && renewer_.is_resting()) return lose(end_without_renewal());
  const auto level = failure_ ? Level::Debug : Level::Info;
  // On its way first, told of then.
  if (files_of(*profile_).is_on_token())
    ask_for_key();
  else
    look_up();
  if (!identity_) return;
  log_.event(level, "tunnel.connecting", "connecting to " + profile_->gateway.to_string(),
             {{"profile", profile_->name}, {"device", identity_->device}});
}

/// A handshake that ends for want of a signature is a bother to the gateway, and says less.
void Tunnel::ask_for_key() {
  struct Work {
    std::shared_ptr<Token> token;
    PublicKey key;
    Result<void, PkiError> found{};
  };
  const auto token = tokens_.of(profile_->key);
  auto work = std::make_shared<Work>(Work{token ? *token : nullptr, identity_->context.credentials().leaf().key});
  asking_.emplace(key_thread_.start([work] { work->found = work->token->find(work->key); }, HandshakeSteps::kPatience,
                                    [this, work](bool is_done) {
                                      if (!is_done) return lose(end_without_key(token_is_silent()));
                                      if (!work->found) return lose(end_without_key(work->found.error()));
                                      look_up();
                                    }));
}

void Tunnel::look_up() {
  if (const auto address = IpAddress::parse(profile_->gateway.host)) return dial({*address});
  // Attempts in quick succession are no reason to ask as often.
  if (resolved_ && loop_.now().steady - *resolved_ < kResolvedFor) return dial(gateway_addresses_);
  resolver_.lookup(profile_->gateway.host, [this](Resolver::Answer answer) {
    if (answer) resolved_ = loop_.now().steady;
    if (answer) return dial(std::move(*answer));
    // The way to the name server may lead through the tunnel that is down.
    if (!gateway_addresses_.empty()) return dial(gateway_addresses_);
    lose({{"name_unresolved", "the gateway's name was not found: " + answer.error(), {}},
          Outcome::Lost,
          Resume::ByTime,
          {}});
  });
}

void Tunnel::dial(std::vector<IpAddress> addresses) {
  gateway_addresses_ = addresses;
  // No tunnel is to be had by it: the next certificate first.
  if (identity_->is_expired) return renewer_.begin(std::move(addresses));
  dialer_.emplace(loop_, paths_, std::move(addresses), profile_->gateway.port, profile_->congestion,
                  [this](auto result) {
                    if (result) return begin_session(std::move(*result));
                    lose({{"connect_failed", "the gateway cannot be reached: " + result.error().words, {}},
                          result.error().is_absent ? Outcome::Absent : Outcome::Lost,
                          Resume::ByTime,
                          {}});
                  });
}

void Tunnel::begin_session(Dialer::Connected connected) {
  dialer_.reset();
  status_.peer = connected.path.way.to.to_string();
  std::string words;
  connection_ = connect_by(*identity_, connected, words);
  if (!connection_) return lose({{"tls_failed", words, {}}, Outcome::Refused, Resume::ByTime, {}});
  if (auto watched = watch_connection(); !watched) {
    return lose({{"connection_lost", watched.error().message, {}}, Outcome::Lost, Resume::ByTime, {}});
  }
  settle();
}

/// Null: `words` say why.
std::unique_ptr<GatewayConnection> Tunnel::connect_by(const ClientIdentity& identity, Dialer::Connected& connected,
                                                      std::string& words) {
  const Now now = loop_.now();
  const auto& begun = connected.congestion;
  if (!begun && !std::exchange(has_told_congestion_, true)) {
    log_.event(Level::Warning, "tunnel.congestion", begun.error().message, {{"profile", profile_->name}});
  }
  auto engine = engine_of(identity, now.wall);
  if (engine) {
    // A key in a file signs in no time.
    auto* const thread = files_of(*profile_).is_on_token() ? &key_thread_ : nullptr;
    auto connection =
        std::make_unique<GatewayConnection>(std::move(connected.socket), std::move(*engine), authority_of(*profile_),
                                            now, thread, [this] { on_handshake_step(); });
    connection->follow(connected.path);
    if (begun && *begun) connection->pace_by_need();
    return connection;
  }
  words = to_string(engine.error());
  return nullptr;
}

/// The one that was made ahead is of the first connection's identity, whatever happened since.
Result<std::unique_ptr<Engine>, TlsError> Tunnel::engine_of(const ClientIdentity& identity, WallTime now) {
  if (auto ready = prepared_.take_engine(profile_->server_name, now); ready && !next_) return ready;
  return Engine::connect(identity.context, profile_->server_name, now);
}

/// A connection may have taken the place of the other one while its step was under way.
void Tunnel::on_handshake_step() {
  if (next_ && next_->connection && next_->connection->has_stepped()) {
    next_->connection->resume(plaintext_, loop_.now(), to_inside_);
    return drive_next();
  }
  if (!connection_ || !connection_->has_stepped()) return;
  connection_->resume(plaintext_, loop_.now(), to_inside_);
  settle();
}

Result<void, SystemError> Tunnel::watch_connection() {
  auto poll = Poll::watch(loop_, connection_->fd(), [this](bool readable, bool) { on_outside(readable); });
  if (!poll) return fail(poll.error());
  poll_.emplace(std::move(*poll));
  return {};
}

void Tunnel::lose(ConnectionEnd end) {
  const bool was_online = state_ == TunnelState::Online;
  // Its own attempt is as good as one that is under way: a new one begins here.
  forget_next();
  switch_.settle();
  is_for_stall_ = false;
  tell_left_out();
  // What the old certificate met, the new one need not.
  if (end.outcome == Outcome::Refused && end.resume == Resume::ByTime && has_newer_identity())
    end.outcome = Outcome::Lost;
  renewer_.go_offline();
  prepared_.forget();
  forget_connection();
  // The interface and its routes stay: what is protected waits for the next session.
  inside_.watch(false);
  enter(inside_.has_session() ? TunnelState::Reconnecting : TunnelState::Connecting);
  const Now now = loop_.now();
  waking_packet_.reset();
  const auto wait = comeback_.plan(end, inside_.has_session(), now.steady);
  if (wait) {
    status_.retry_at = now.wall + std::chrono::ceil<std::chrono::seconds>(*wait);
    retry_.arm(*wait);
  }
  inside_.watch(comeback_.waits_for_traffic());
  outcome_ = end.outcome;
  const bool is_repeated = failure_ && failure_->reason == end.failure.reason && wait && *wait < kQuietRetry;
  failure_ = std::move(end.failure);
  const char* event = outcome_ == Outcome::Refused ? "tunnel.refused" : was_online ? "tunnel.lost" : "tunnel.failed";
  const auto retry = std::chrono::duration_cast<std::chrono::milliseconds>(wait.value_or(Duration{-1}));
  log_.event(is_repeated ? Level::Debug : Level::Warning, event,
             failure_->code.empty() ? failure_->words : failure_->words + " (" + failure_->code + ')',
             {{"profile", profile_->name}, {"reason", failure_->reason}, {"retry_ms", retry.count()}});
  listener_.on_change();
}

void Tunnel::forget_connection() {
  tick_.cancel();
  dialer_.reset();
  resolver_.cancel();
  answers_.cancel();
  vigil_.rest();
  authorities_.drop();
  comeback_.settle();
  asking_.reset();
  status_.key_failure.reset();
  wants_ = {};
  standing_.reset();
  if (connection_) connection_->egress().release();
  add_traffic(status_, connection_.get());
  poll_.reset();
  connection_.reset();
  has_prepared_ = false;
  has_routes_ = false;
  network_changed_ = false;
  apply_.cancel();
  proof_ = {};
  verdict_.reset();
  status_.proof.reset();
  status_.since.reset();
}

Result<void, NetworkFailure> Tunnel::down() {
  if (is_down()) return {};
  retry_.cancel();
  renewer_.stop();
  forget_next();
  previous_.end();
  if (connection_) connection_->close();
  forget_connection();
  prepared_.forget();
  lacks_ipv6_ = false;
  ipv6_look_.cancel();
  auto undone = inside_.stand_down(profile_->interface);
  log_.event(Level::Notice, "tunnel.down", "the tunnel is down", {{"profile", profile_->name}});
  if (!undone) log_.event(Level::Error, "network.failed", undone.error().message);
  waking_packet_.reset();
  if (const auto token = tokens_.of(profile_->key); token && *token) {
    releasing_.emplace(
        key_thread_.start([token = *token] { token->release(); }, HandshakeSteps::kPatience, [](bool) {}));
  }
  profile_.reset();
  identity_.reset();
  settling_.reset();
  failure_.reset();
  status_ = {};
  enter(TunnelState::Down);
  listener_.on_change();
  return undone;
}

Result<void, NetworkFailure> Tunnel::leave() {
  const auto ended = down();
  const auto undone = inside_.close();
  return ended ? undone : ended;
}

TunnelStatus Tunnel::status() const {
  TunnelStatus status = status_;
  status.state = state_;
  status.failure = failure_;
  add_traffic(status, previous_.connection());
  status.network_restored = inside_.restored();
  if (!profile_) return status;
  status.profile = profile_->name;
  status.gateway = profile_->gateway.to_string();
  status.gateway_name = profile_->server_name;
  status.interface = profile_->interface;
  status.switches = switch_.counts();
  if (inside_.has_session()) {
    std::copy_if(settings_.addresses.begin(), settings_.addresses.end(), std::back_inserter(status.addresses),
                 [this](const IpAddress& address) { return carries(address); });
    std::copy_if(settings_.routes.begin(), settings_.routes.end(), std::back_inserter(status.routes),
                 [this](const IpPrefix& route) { return carries(route.network()); });
    status.ipv6_off = ipv6_off();
  }
  if (identity_) {
    status.device = identity_->device;
    status.user = identity_->user;
    status.certificate_expires = identity_->expires;
    status.renewal_due = renewer_.due();
    status.renewal_failure = renewer_.failure();
  }
  if (!connection_ || connection_->session() == nullptr) return status;
  status.tls_group = connection_->engine().group();
  status.tls_cipher = connection_->engine().cipher_suite();
  status.rtt_microseconds = connection_->rtt_microseconds();
  status.congestion = congestion_of(connection_->fd());
  status.segment_limit = connection_->path().limit;
  add_traffic(status, connection_.get());
  return status;
}

}  // namespace sallyport
