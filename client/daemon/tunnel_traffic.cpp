#include "client/daemon/tunnel.hpp"
#include "client/session/inside_packet.hpp"
#include "client/session/route_guard.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// Per wake-up, so that the outside gets its turn; sealed and sent in batches.
constexpr int kPacketsPerTurn = 256;
constexpr std::size_t kBytesPerTurn = 256U << 10U;
/// A thread and programs that begin beside the first packets of a session hold them up.
constexpr std::chrono::milliseconds kPostureWaits{1};

}  // namespace

void Tunnel::on_outside(bool readable) {
  if (readable) take_outside(*connection_);
  settle();
}

void Tunnel::take_outside(GatewayConnection& connection) {
  connection.receive(ciphertext_, plaintext_, loop_.now(), to_inside_);
  inside_.flush();
  status_.packets_dropped += inside_.take_lost();
}

void Tunnel::on_inside() {
  // What a system says by itself on each interface that it has, such as multicast.
  if (inside_.is_at_rest()) return inside_.discard(packet_);
  if (comeback_.waits_for_traffic()) return wake_by_inside();
  if (!connection_ || !connection_->is_online()) return inside_.watch(false);
  pump_inside();
  settle();
}

/// What the system sends by itself, such as a search for routers, is no reason to connect again.
void Tunnel::wake_by_inside() {
  for (int i = 0; i < kPacketsPerTurn; ++i) {
    const auto packet = inside_.read(packet_);
    if (packet && packet->bytes.empty()) return;
    if (packet && !is_traffic(packet->bytes, settings_.addresses)) continue;
    // Without an interface no packet can call any more.
    if (packet)
      waking_packet_.emplace(
          WakingPacket{ByteBuffer(packet->bytes.begin(), packet->bytes.end()), packet->segmentation});
    inside_.watch(false);
    return wake();
  }
}

void Tunnel::wake() {
  failure_.reset();
  retry_.arm(comeback_.wake(loop_.now().steady));
}

/// Also while the connection takes nothing: what waits is better managed here than in the kernel's queue of the
/// interface.
void Tunnel::pump_inside() {
  const TimePoint now = loop_.now().steady;
  std::size_t bytes = 0;
  for (int i = 0; i < kPacketsPerTurn && bytes < kBytesPerTurn; ++i) {
    const auto packet = inside_.read(packet_);
    if (!packet) {
      // Somebody removed the interface. The next session makes it again.
      if (const auto undone = inside_.close(); !undone) {
        log_.event(Level::Error, "network.failed", undone.error().message);
      }
      return lose({{"interface_lost", "the tunnel interface is gone: " + packet.error().message, {}},
                   Outcome::Lost,
                   Resume::ByTime,
                   {}});
    }
    if (packet->bytes.empty()) return;
    bytes += packet->bytes.size();
    connection_->send_packet(*packet, queue_home_, now);
  }
}

void Tunnel::on_tick() {
  if (connection_) connection_->handle_timeout(loop_.now());
  settle();
}

void Tunnel::settle() {
  if (!connection_) return;
  take_events();
  if (network_changed_ && connection_->is_online()) apply_in_time();
  if (!connection_) return;
  if (waking_packet_ && connection_->is_online()) {
    connection_->send_packet(SuperPacket{waking_packet_->bytes, waking_packet_->segmentation}, queue_home_,
                             loop_.now().steady);
    waking_packet_.reset();
  }
  if (verdict_ && !apply_.is_armed()) tell_verdict();
  if (connection_->is_online()) connection_->send_due_ack(queue_home_, loop_.now().steady);
  connection_->flush(loop_.now().steady);
  if (is_for_stall_ && !connection_->is_stalled()) note_recovery();
  if (auto end = connection_->end()) {
    end->is_worth_another = note_swallowed(*connection_);
    // The gateway ends the session whose place was taken, and its word may arrive before that of the new one.
    if (next_ && next_->connection) return take_over();
    return lose(std::move(*end));
  }
  if (connection_->take_stall()) note_stall();
  prepare_inside();
  poll_->set_interest(connection_->wants_read(), connection_->wants_write());
  inside_.watch(connection_->is_online());
  if (const auto due = connection_->next_timeout())
    tick_.arm_at(*due);
  else
    tick_.cancel();
}

void Tunnel::take_events() {
  while (const auto event = connection_->poll_event()) {
    std::visit([this](const auto& each) { take(each); }, *event);
  }
}

void Tunnel::take(const Online& online) {
  paths_.note_cured(connection_->path(), loop_.now().steady);
  settings_.addresses.clear();
  for (const auto& prefix : online.addresses) settings_.addresses.push_back(prefix.network());
  network_changed_ = true;
  keep_identity();
}

void Tunnel::take(const RoutesChanged& changed) {
  auto guarded = guard_routes(changed.routes, {.allow_routes = profile_->allow_routes,
                                               .allow_default_route = profile_->allow_default_route,
                                               .gateway_addresses = gateway_addresses_});
  settings_.routes = std::move(guarded.accepted);
  auto refused = refused_routes(guarded.refused);
  for (const auto& route : routes_beyond(status_.refused_routes, refused)) {
    tell(Level::Warning, "route.refused", "the gateway offers a route that this profile does not take",
         {{"profile", profile_->name}, {"route", route.route}, {"reason", route.reason}});
  }
  status_.refused_routes = std::move(refused);
  network_changed_ = true;
  has_routes_ = true;
}

void Tunnel::take(const DeniedNotice& notice) {
  if (!denials_.add({loop_.now().wall, notice.to, notice.reason, notice.words, notice.code})) return;
  tell(Level::Notice, "flow.denied", notice.words,
       {{"destination", notice.to}, {"reason", notice.reason}, {"reference", notice.code}});
}

void Tunnel::tell(Level level, std::string_view event, std::string_view words, std::initializer_list<LogField> fields) {
  if (!words_.may_tell(loop_.now().steady)) return;
  tell_left_out();
  log_.event(level, event, words, fields);
}

void Tunnel::tell_left_out() {
  const auto count = words_.take_left_out();
  if (count == 0) return;
  log_.event(Level::Warning, "gateway.wordy", "the gateway says more than is written down here",
             {{"profile", profile_->name}, {"left_out", count}});
}

/// Another one says nothing new, however often it comes.
void Tunnel::take(const MoveNotice& notice) {
  // It came on the connection that had stalled: that was a pause, whatever becomes of the change.
  if (is_for_stall_ && !connection_->is_stalled()) paths_.note_recovered(connection_->path().way);
  is_for_stall_ = false;
  if (next_ || switch_.is_wanted()) return;
  log_.event(Level::Info, "tunnel.moving", notice.words,
             {{"profile", profile_->name}, {"reason", notice.reason}, {"left_s", notice.left.count()}});
  switch_.want();
  begin_switch();
}

void Tunnel::take(const AttestChallenge& challenge) {
  begin_answer(answers_, *identity_, *connection_, challenge,
               state_ == TunnelState::Online ? Duration{} : kPostureWaits);
}

const PostureWants& Tunnel::admit_wants(const AttestChallenge& challenge) {
  const auto admitted = asked_names_.admit(challenge.wants);
  for (const auto& name : admitted.fresh) {
    log_.event(Level::Notice, "posture.asked", "the gateway asks whether this runs or is there: sallyport posture",
               {{"profile", profile_->name}, {"name", name}});
  }
  if (admitted.is_first_refusal) {
    log_.event(Level::Warning, "posture.refused", "the gateway asks about more names than anybody has to know",
               {{"profile", profile_->name}, {"names", admitted.refused}});
  }
  wants_ = admitted.wants;
  return wants_;
}

bool Tunnel::offer_proof(ProofAttempt attempt) {
  if (!connection_ || is_proving() || !connection_->ask_for_challenge()) return false;
  proof_.offer(std::move(attempt));
  settle();
  return true;
}

void Tunnel::tell_verdict() {
  const auto verdict = *std::exchange(verdict_, std::nullopt);
  tell(Level::Notice, verdict.verdict == "accepted" ? "proof.accepted" : "proof.refused", verdict.words,
       {{"profile", profile_->name}, {"verdict", verdict.verdict}});
  listener_.on_proof(verdict);
}

void Tunnel::begin_answer(AttestTurn& turn, const ClientIdentity& identity, const GatewayConnection& connection,
                          const AttestChallenge& challenge, Duration delay) {
  const auto& wants = admit_wants(challenge);
  if (const auto channel = connection.attestation_channel())
    turn.begin({identity.context.shared_credentials(), *channel, challenge, wants}, delay);
}

void Tunnel::send_answer(AttestTurn::Signed done) {
  const auto& answer = done.answer;
  note_key(answer ? std::nullopt : std::optional{answer.error()});
  connection_->attest(answer ? *answer : AttestAnswer{done.nonce, {}, {}, true});
  if (answer) vigil_.note_report(wants_, std::move(done.report));
  if (done.has_code && !answer) {
    proof_.settle();
    verdict_ = ProofVerdict{.verdict = "key_unavailable",
                            .words = "The device key cannot sign now: " + answer.error().words + ". Try again then."};
  }
  settle();
}

void Tunnel::tell_posture_changed() {
  if (!connection_ || !connection_->tell_posture_changed()) return;
  log_.event(Level::Info, "posture.told", "what this laptop would report has changed: the gateway is to ask",
             {{"profile", profile_->name}});
  settle();
}

/// Told when it changes, not at every beat.
void Tunnel::note_key(const std::optional<PkiError>& problem) {
  std::optional<TunnelFailure> failure;
  if (problem) {
    const auto reason = token_reason(problem->problem);
    failure = TunnelFailure{std::string{reason.empty() ? "key_failed" : reason}, problem->words, {}};
  }
  const bool is_same = failure.has_value() == status_.key_failure.has_value() &&
                       (!failure || failure->reason == status_.key_failure->reason);
  status_.key_failure = failure;
  if (is_same) return;
  if (failure) {
    log_.event(Level::Warning, "key.unavailable", failure->words,
               {{"profile", profile_->name}, {"reason", failure->reason}});
  } else {
    log_.event(Level::Notice, "key.back", "the device key signs again", {{"profile", profile_->name}});
  }
}

void Tunnel::take(const PostureStanding& standing) { standing_ = Standing{standing, loop_.now().wall}; }

void Tunnel::apply_in_time() {
  if (apply_.is_armed()) return;
  const Duration wait = apply_pace_.begin(loop_.now().steady);
  if (wait == Duration::zero()) return apply_network();
  apply_.arm(wait);
}

void Tunnel::apply_network() {
  network_changed_ = false;
  if (const auto done = inside_.become(settings_); !done) {
    log_.event(Level::Error, "network.failed", done.error().message, {{"profile", profile_->name}});
    const auto words = "this system's network cannot be set up: " + done.error().message;
    connection_->close();
    return lose({{"network_failed", words, {}}, Outcome::Refused, Resume::ByTime, {}});
  }
  tell_ipv6();
  if (state_ != TunnelState::Online) announce_online();
  tell(Level::Info, "network.applied", "addresses and routes of the tunnel are in place",
       {{"interface", settings_.interface},
        {"addresses", settings_.addresses.size()},
        {"routes", settings_.routes.size()}});
  listener_.on_change();
}

/// The gateway has us in hand: what the laptop needs anyhow is made while it decides.
void Tunnel::prepare_inside() {
  if (has_prepared_ || connection_->session() == nullptr || connection_->is_online()) return;
  has_prepared_ = true;
  inside_.prepare(profile_->interface);
}

bool Tunnel::on_inside_lost() {
  if (!connection_ || !connection_->is_online()) return false;
  // Not in its turn with what the gateway changes: what others take away has a pace of its own.
  apply_network();
  settle();
  return true;
}

/// Without an interface no packet can call any more.
void Tunnel::on_inside_remade() {
  inside_.watch(comeback_.waits_for_traffic());
  if (inside_.has_session()) tell_ipv6();
  if (comeback_.waits_for_traffic() && !inside_.has_session()) wake();
}

/// Another connection is worth its price only if this one is stuck: the old one goes on until the new one carries.
void Tunnel::note_stall() {
  paths_.note_stalled(connection_->path(), loop_.now().steady);
  tell(Level::Notice, "tunnel.stalled",
       "nothing comes through any more; making another connection beside this one, with small segments",
       {{"profile", profile_->name}});
  if (next_ || switch_.is_wanted()) return;
  is_for_stall_ = true;
  switch_.want();
  begin_switch();
}

/// It was a pause. A second connection is given up, unless the gateway may be about to let it take over.
void Tunnel::note_recovery() {
  paths_.note_recovered(connection_->path().way);
  if (next_ && next_->connection && next_->connection->session() != nullptr) return;
  is_for_stall_ = false;
  forget_next();
  switch_.settle();
  tell(Level::Notice, "tunnel.recovered", "the connection goes on by itself", {{"profile", profile_->name}});
}

/// It stalled before it was online, and the next one has smaller segments.
bool Tunnel::note_swallowed(GatewayConnection& connection) {
  if (!connection.take_swallowed()) return false;
  const auto now = loop_.now().steady;
  if (!paths_.note_swallowed(connection.path(), now)) return false;
  log_.event(Level::Notice, "path.limited", "this network swallows large packets; trying with smaller ones",
             {{"profile", profile_->name}, {"segment_limit", *paths_.of(connection.path().way, now)}});
  return true;
}

void Tunnel::announce_online() {
  const Now now = loop_.now();
  if (state_ == TunnelState::Reconnecting) ++status_.reconnects;
  enter(TunnelState::Online);
  failure_.reset();
  status_.since = now.wall;
  comeback_.note_online(now.steady);
  renewer_.go_online(gateway_addresses_);
  log_.event(Level::Notice, "tunnel.online", "connected to " + profile_->server_name,
             {{"profile", profile_->name},
              {"device", identity_->device},
              {"user", identity_->user},
              {"group", connection_->engine().group()},
              {"cipher", connection_->engine().cipher_suite()}});
}

bool Tunnel::ask_why(const std::string& to, std::uint64_t id) {
  if (!connection_ || !connection_->ask_why(to, id)) return false;
  settle();
  return true;
}

bool Tunnel::routes(const IpAddress& address) const {
  return inside_.has_session() && carries(address) &&
         std::any_of(settings_.routes.begin(), settings_.routes.end(),
                     [&](const IpPrefix& route) { return route.contains(address); });
}

}  // namespace sallyport
