#include "client/daemon/tunnel.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport {
namespace {

/// Of a gateway that talks before it lets the connection take over.
constexpr std::size_t kMaxWaitingEvents = 64;
constexpr std::chrono::seconds kSettlingPatience{30};
constexpr Duration kLongestPause = std::chrono::seconds{5};

/// Refusals of a renewal that the same certificate meets every time.
bool is_final(std::string_view reason) noexcept {
  constexpr std::array<std::string_view, 9> kFinal{"certificate_refused", "certificate_expired", "unknown_device",
                                                   "wrong_user",          "device_disabled",     "device_revoked",
                                                   "stale_certificate",   "not_offered",         "user_disabled"};
  return std::find(kFinal.begin(), kFinal.end(), reason) != kFinal.end();
}

}  // namespace

/// The files hold another certificate than the one that was in use.
bool Tunnel::has_newer_identity() {
  if (!profile_ || !identity_) return false;
  const auto identity = load_identity(*profile_, tokens_, loop_.now().wall);
  return identity && !identity->is_expired && identity->serial != identity_->serial;
}

/// An attempt is due, unless it comes too soon after the last change.
void Tunnel::begin_switch() {
  const auto held_back = switch_.counts().held_back;
  const Duration wait = switch_.begin(loop_.now().steady);
  if (wait == Duration::zero()) return switch_over();
  forget_next();
  next_tick_.arm(wait);
  if (switch_.counts().held_back == held_back) return;
  log_.event(
      Level::Warning, "tunnel.switch_held_back", "another session is wanted too soon after the last change",
      {{"profile", profile_->name}, {"retry_ms", std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()}});
}

/// Make before break: a second connection, by the identity that counts now, takes over once the gateway has verified it
/// in full. The first one goes on until then.
void Tunnel::switch_over() {
  forget_next();
  auto identity = load_identity(*profile_, tokens_, loop_.now().wall);
  if (!identity) return drop_next(identity.error().words);
  renewer_.follow(*profile_, *identity);
  next_.emplace(Next{std::move(*identity)});
  next_->dialer.emplace(loop_, paths_, gateway_addresses_, profile_->gateway.port, profile_->congestion,
                        [this](auto result) {
                          if (result) return begin_next(std::move(*result));
                          drop_next("the gateway cannot be reached: " + result.error().words);
                        });
}

void Tunnel::begin_next(Dialer::Connected connected) {
  if (is_for_stall_ && !connected.path.is_prompt) return await_recovery();
  next_->dialer.reset();
  std::string words;
  next_->connection = connect_by(next_->identity, connected, words);
  if (!next_->connection) return drop_next(words);
  auto poll = Poll::watch(loop_, next_->connection->fd(), [this](bool readable, bool) {
    if (readable) take_outside(*next_->connection);
    drive_next();
  });
  if (!poll) return drop_next(poll.error().message);
  next_->poll.emplace(std::move(*poll));
  drive_next();
}

/// The way was gone, not narrow. A system that sent in vain for so long sends again after as long at most, and the
/// first connection goes on then.
void Tunnel::await_recovery() {
  forget_next();
  next_tick_.arm(std::min(loop_.now().steady - connection_->heard_at(), kLongestPause));
}

void Tunnel::drive_next() {
  auto& connection = *next_->connection;
  take_next_events();
  connection.flush(loop_.now().steady);
  if (connection.is_over()) {
    const auto end = connection.end();
    const bool is_worth_another = note_swallowed(connection);
    drop_next(end ? end->failure.words : "the second connection ended");
    if (is_worth_another) next_tick_.arm({});
    return;
  }
  if (connection.is_online()) return take_over();
  next_->poll->set_interest(connection.wants_read(), connection.wants_write());
  if (const auto due = connection.next_timeout()) next_tick_.arm_at(*due);
}

/// The gateway asks for the device key before it lets the connection take over; all else waits until then.
void Tunnel::take_next_events() {
  while (auto event = next_->connection->poll_event()) {
    if (const auto* challenge = std::get_if<AttestChallenge>(&*event))
      answer_next(*challenge);
    else if (next_->events.size() < kMaxWaitingEvents)
      next_->events.push_back(std::move(*event));
  }
}

void Tunnel::answer_next(const AttestChallenge& challenge) {
  next_->challenge = challenge;
  begin_answer(next_answers_, next_->identity, *next_->connection, challenge);
}

void Tunnel::send_next_answer(AttestTurn::Signed done) {
  if (!done.answer) return drop_next("the device key cannot sign now: " + done.answer.error().words);
  next_->reported = std::move(done.report);
  if (next_->challenge && next_->challenge->nonce == done.nonce) next_->challenge.reset();
  next_->connection->attest(*done.answer);
  drive_next();
}

void Tunnel::on_next_tick() {
  if (!next_ && connection_ && switch_.is_wanted()) return begin_switch();
  if (!next_ || !next_->connection) return;
  next_->connection->handle_timeout(loop_.now());
  drive_next();
}

void Tunnel::forget_next() {
  next_tick_.cancel();
  next_answers_.cancel();
  next_.reset();
}

/// The first connection goes on as it was; what counts for it ends by itself. It is tried again as long as it lasts.
void Tunnel::drop_next(const std::string& words) {
  const Duration wait = switch_.wait_after_failure();
  log_.event(
      Level::Warning, "tunnel.not_switched", words,
      {{"profile", profile_->name}, {"retry_ms", std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()}});
  forget_next();
  next_tick_.arm(wait);
  if (connection_ && connection_->is_online()) renewer_.go_online(gateway_addresses_);
}

void Tunnel::take_over() {
  auto next = std::exchange(next_, std::nullopt);
  forget_next();
  switch_.note_change(loop_.now().steady);
  is_for_stall_ = false;
  next->poll.reset();
  if (connection_) next->connection->inherit_queue(*connection_);
  retire_connection();
  const auto since = status_.since;
  const auto proof = proof_;
  // What the gateway asked for last was asked on the connection that takes over.
  auto wants = std::move(wants_);
  forget_connection();
  wants_ = std::move(wants);
  status_.since = since;
  status_.peer = next->connection->path().way.to.to_string();
  identity_.emplace(std::move(next->identity));
  connection_ = std::move(next->connection);
  if (auto watched = watch_connection(); !watched) {
    return lose({{"connection_lost", watched.error().message, {}}, Outcome::Lost, Resume::ByTime, {}});
  }
  log_.event(Level::Notice, "tunnel.switched", "a new session carries the tunnel",
             {{"profile", profile_->name}, {"device", identity_->device}});
  if (!next->reported.empty()) vigil_.note_report(wants_, std::move(next->reported));
  for (const auto& event : next->events) std::visit([this](const auto& each) { take(each); }, event);
  if (next->challenge) take(*next->challenge);
  take_proof_along(proof);
  settle();
  if (connection_) renewer_.go_online(gateway_addresses_);
}

/// A code that has not left yet goes by the new session; the verdict on one that has cannot come any more.
void Tunnel::take_proof_along(ProofTurn proof) {
  if (proof.is_waiting() && connection_->ask_for_challenge()) {
    proof_ = std::move(proof);
  } else if (proof.is_waiting() || proof.is_sent(loop_.now().steady)) {
    verdict_ = ProofVerdict{.verdict = "unavailable",
                            .words =
                                "The connection changed while the code was on its way. Look at sallyport status, "
                                "and if it still waits, try again with the next code."};
  }
}

/// The first connection is read until it ends, and sends what waited in it.
void Tunnel::retire_connection() {
  if (!connection_) return previous_.end();
  poll_.reset();
  previous_.begin(std::move(connection_));
}

/// The gateway has seen the newest certificate: the pair of before is of no use any more.
void Tunnel::keep_identity() {
  struct Work {
    DeviceFiles files;
    std::string serial;
    std::shared_ptr<Token> token;
    Result<void, std::string> settled{};
  };
  const auto token = tokens_.of(profile_->key);
  const auto tell = [this](const std::string& words) {
    log_.event(Level::Warning, "identity.not_settled", words, {{"profile", profile_->name}});
  };
  if (!token || !*token) {
    // Files take no time, and whoever loads them next must not meet them half moved.
    if (const auto settled = settle_next(files_of(*profile_), identity_->serial); !settled) tell(settled.error());
    return;
  }
  auto work = std::make_shared<Work>(Work{files_of(*profile_), identity_->serial, *token});
  settling_.emplace(key_thread_.start([work] { work->settled = settle_next(work->files, work->serial, work->token); },
                                      kSettlingPatience,
                                      [work, tell](bool is_done) {
                                        if (!is_done) return tell("the token gave no answer in time");
                                        if (!work->settled) tell(work->settled.error());
                                      }));
}

std::optional<PublicKey> Tunnel::carrying_key() const {
  if (!identity_ || !connection_ || !connection_->is_online()) return std::nullopt;
  return identity_->context.credentials().leaf().key;
}

void Tunnel::on_renewed() {
  if (connection_) {
    is_for_stall_ = false;
    switch_.want_anew();
    return begin_switch();
  }
  // Nothing is connected: the new identity may be what was missing.
  if (identity_ && identity_->is_expired) attempt();
}

void Tunnel::on_renewal_failed() {
  if (connection_ || !identity_ || !identity_->is_expired) return listener_.on_change();
  lose(end_without_renewal());
}

ConnectionEnd Tunnel::end_without_renewal() const {
  const auto failure = *renewer_.failure();
  // What was sent could not be used here, and the next one will not be asked for soon.
  if (renewer_.is_resting()) return {failure, Outcome::Refused, Resume::ByTime, {}};
  if (!is_final(failure.reason)) return {failure, Outcome::Lost, Resume::ByTime, {}};
  return {{"certificate_expired",
           "this device's certificate expired on " + format_utc(identity_->expires) +
               " and cannot be renewed any more; ask your administrator for a new one",
           {}},
          Outcome::Refused,
          Resume::ByTime,
          {}};
}

}  // namespace sallyport
