#include "client/daemon/tunnel.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport {
namespace {

constexpr std::chrono::seconds kSwitchAgain{15};
constexpr std::chrono::seconds kSettlingPatience{30};

/// Refusals of a renewal that the same certificate meets every time.
bool is_final(std::string_view reason) noexcept {
  constexpr std::array<std::string_view, 9> kFinal{"certificate_refused", "certificate_expired", "unknown_device",
                                                   "wrong_user",          "device_disabled",     "device_revoked",
                                                   "stale_certificate",   "not_offered",         "user_disabled"};
  return std::find(kFinal.begin(), kFinal.end(), reason) != kFinal.end();
}

}  // namespace

/// Make before break: a second connection, by the identity that counts now, takes over once it carries packets. The
/// gateway gives it the flows of the first.
void Tunnel::switch_over() {
  auto identity = load_identity(*profile_, tokens_, loop_.now().wall);
  if (!identity || gateway_addresses_.empty()) {
    log_.event(Level::Warning, "tunnel.not_switched", "the renewed identity counts from the next connection on");
    return;
  }
  renewer_.follow(*profile_, *identity);
  next_.emplace(Next{std::move(*identity)});
  next_->dialer.emplace(loop_, gateway_addresses_, profile_->gateway.port, [this](auto result) {
    if (result) return begin_next(std::move(*result));
    drop_next("the gateway cannot be reached: " + result.error());
  });
}

void Tunnel::begin_next(Dialer::Connected connected) {
  next_->dialer.reset();
  next_->peer = connected.peer.to_string();
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

/// Its events stay where they are until it takes over.
void Tunnel::drive_next() {
  auto& connection = *next_->connection;
  connection.flush();
  if (connection.is_over()) {
    // The gateway's own words are among the events.
    while (connection.poll_event()) {
    }
    const auto end = connection.end();
    return drop_next(end ? end->failure.words : "the second connection ended");
  }
  if (connection.is_online()) return take_over();
  next_->poll->set_interest(connection.wants_read(), connection.wants_write());
  if (const auto due = connection.next_timeout()) next_tick_.arm_at(*due);
}

void Tunnel::on_next_tick() {
  if (!next_ && connection_) return switch_over();
  if (!next_ || !next_->connection) return;
  next_->connection->handle_timeout(loop_.now());
  drive_next();
}

/// The first connection goes on as it was; what counts for it ends by itself. It is tried once more, later.
void Tunnel::drop_next(const std::string& words) {
  log_.event(Level::Warning, "tunnel.not_switched", words, {{"profile", profile_->name}});
  next_tick_.cancel();
  next_.reset();
  if (std::exchange(may_switch_again_, false)) next_tick_.arm(kSwitchAgain);
  if (connection_ && connection_->is_online()) renewer_.go_online(gateway_addresses_);
}

void Tunnel::take_over() {
  auto next = std::exchange(next_, std::nullopt);
  next_tick_.cancel();
  next->poll.reset();
  if (connection_) connection_->close();
  const auto since = status_.since;
  forget_connection();
  status_.since = since;
  status_.peer = std::move(next->peer);
  identity_.emplace(std::move(next->identity));
  connection_ = std::move(next->connection);
  if (auto watched = watch_connection(); !watched) {
    return lose({{"connection_lost", watched.error().message, {}}, Outcome::Lost});
  }
  log_.event(Level::Notice, "tunnel.switched", "the new identity carries the tunnel",
             {{"profile", profile_->name}, {"device", identity_->device}});
  settle();
  if (connection_) renewer_.go_online(gateway_addresses_);
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

void Tunnel::on_renewed() {
  may_switch_again_ = true;
  if (connection_) return switch_over();
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
  if (renewer_.is_resting()) return {failure, Outcome::Refused};
  if (!is_final(failure.reason)) return {failure, Outcome::Lost};
  return {{"certificate_expired",
           "this device's certificate expired on " + format_utc(identity_->expires) +
               " and cannot be renewed any more; ask your administrator for a new one",
           {}},
          Outcome::Refused};
}

}  // namespace sallyport
