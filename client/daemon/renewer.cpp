#include "client/daemon/renewer.hpp"

#include "common/base/file.hpp"
#include "common/pki/csr.hpp"
#include "common/pki/pem.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// Certificate dates are wall time, which may jump: looked at again this often.
constexpr std::chrono::seconds kRecheck{60};
constexpr std::chrono::seconds kPatience{20};
/// Smart cards take their time to make a key; RSA keys a minute.
constexpr std::chrono::seconds kKeyPatience{90};

TunnelFailure failure_from(EstFailure failure) { return {std::move(failure.reason), std::move(failure.words), {}}; }
TunnelFailure unusable(std::string words) { return {"credentials_unusable", std::move(words), {}}; }

TunnelFailure key_failure(const PkiError& error) {
  const std::string reason{token_reason(error.problem)};
  return reason.empty() ? unusable(to_string(error)) : TunnelFailure{reason, to_string(error), {}};
}

Result<ByteBuffer, TunnelFailure> request_for(const Profile& profile, const SigningKey& key,
                                              const std::string& device) {
  const auto pem = make_csr(key, device.empty() ? "sallyport" : device);
  if (!pem) return fail(key_failure(pem.error()));
  const auto csr = from_pem("CERTIFICATE REQUEST", *pem);
  if (!csr || csr->empty()) return fail(unusable("the signing request cannot be made"));
  ByteBuffer request;
  append_est_request(request, authority_of(profile), {EstOperation::Reenroll, {}, csr->front()});
  return request;
}

}  // namespace

Renewer::Renewer(Loop& loop, Log& log, std::uint64_t seed, Tokens& tokens, BlockingThread& key_thread,
                 const PathLimits& paths, Listener listener)
    : loop_{loop},
      log_{log},
      paths_{paths},
      tokens_{tokens},
      key_thread_{key_thread},
      listener_{std::move(listener)},
      schedule_{seed},
      wake_{loop, [this] { consider(); }},
      deadline_{loop, [this] {
                  fail_with({"timeout", "the gateway did not answer the renewal in time", {}});
                }} {}

void Renewer::follow(const Profile& profile, const ClientIdentity& identity) {
  profile_ = profile;
  schedule_.follow(identity.not_before, identity.expires);
}

void Renewer::go_online(std::vector<IpAddress> addresses) {
  addresses_ = std::move(addresses);
  is_online_ = true;
  consider();
}

void Renewer::go_offline() {
  is_online_ = false;
  is_asked_ = false;
  wake_.cancel();
}

void Renewer::hurry(std::chrono::seconds within) {
  schedule_.hurry(loop_.now().wall, within);
  consider();
}

void Renewer::stop() {
  go_offline();
  deadline_.cancel();
  attempt_.reset();
  profile_.reset();
  failure_.reset();
  rests_until_ = TimePoint::min();
}

std::optional<WallTime> Renewer::due() const noexcept {
  return profile_ && schedule_.due() != kNever ? std::optional{schedule_.due()} : std::nullopt;
}

void Renewer::consider() {
  if (std::exchange(is_asked_, false)) return begin(addresses_);
  if (!is_online_ || attempt_ || !profile_) return;
  const WallTime now = loop_.now().wall;
  schedule_.follow_clock(now);
  if (schedule_.is_due(now)) return begin(addresses_);
  wake_.arm(std::min<std::chrono::seconds>(schedule_.due() - now, kRecheck));
}

void Renewer::begin(std::vector<IpAddress> addresses) {
  if (attempt_ || !profile_) return;
  if (const auto wait = pace_.wait(loop_.now().steady); wait > Duration::zero()) {
    addresses_ = std::move(addresses);
    is_asked_ = true;
    return wake_.arm(wait);
  }
  auto identity = load_identity(*profile_, tokens_, loop_.now().wall);
  if (!identity) return fail_with(std::move(identity.error()));
  attempt_.emplace(Attempt{std::move(*identity), std::move(addresses)});
  log_.event(Level::Info, "renewal.begun", "asking for this device's next certificate",
             {{"profile", profile_->name}, {"device", attempt_->identity.device}});
  prepare();
}

/// A key and a request signed by it, on the thread that waits for tokens.
void Renewer::prepare() {
  struct Work {
    Profile profile;
    std::shared_ptr<Token> token;
    PublicKey current;
    std::optional<PublicKey> carrying;
    std::string device;
    Result<Prepared, TunnelFailure> result = fail(unusable("the next key was not made"));

    void run() {
      auto key = make_next_key(files_of(profile), token, &current, carrying ? &*carrying : nullptr);
      if (!key) {
        result = fail(key_failure(key.error()));
        return;
      }
      auto request = request_for(profile, signing_key(*key), device);
      if (request)
        result = Prepared{std::move(*key), std::move(*request)};
      else
        result = fail(request.error());
    }
  };
  const auto& identity = attempt_->identity;
  const auto token = tokens_.of(profile_->key);
  auto work =
      std::make_shared<Work>(Work{*profile_, token ? *token : nullptr, identity.context.credentials().leaf().key,
                                  listener_.carrying(), identity.device});
  attempt_->preparing.emplace(key_thread_.start([work] { work->run(); }, kKeyPatience,
                                                [this, work](bool is_done) {
                                                  if (!is_done) return fail_with(key_failure(token_is_silent()));
                                                  if (!work->result) return fail_with(std::move(work->result.error()));
                                                  dial(std::move(*work->result));
                                                }));
}

void Renewer::dial(Prepared prepared) {
  attempt_->prepared.emplace(std::move(prepared));
  deadline_.arm(kPatience);
  attempt_->dialer.emplace(
      loop_, paths_, std::move(attempt_->addresses), profile_->gateway.port, profile_->congestion, [this](auto result) {
        if (result) return converse(std::move(*result));
        fail_with({"connect_failed", "the gateway cannot be reached: " + result.error().words, {}});
      });
}

void Renewer::converse(Dialer::Connected connected) {
  attempt_->dialer.reset();
  auto engine = Engine::connect(attempt_->identity.context, profile_->server_name, loop_.now().wall);
  if (!engine) return fail_with({"tls_failed", to_string(engine.error()), {}});
  attempt_->exchange = std::make_unique<EstExchange>(std::move(connected.socket), std::move(*engine),
                                                     std::move(attempt_->prepared->request), &key_thread_,
                                                     [this] { take(attempt_->exchange->resume()); });
  auto poll = Poll::watch(loop_, attempt_->exchange->fd(), [this](bool, bool) { advance(); });
  if (!poll) return fail_with({"connection_lost", poll.error().message, {}});
  attempt_->poll.emplace(std::move(*poll));
  advance();
}

void Renewer::advance() { take(attempt_->exchange->advance()); }

void Renewer::take(Result<std::optional<EstResponse>, EstFailure> outcome) {
  if (!outcome) return fail_with(failure_from(outcome.error()));
  if (*outcome) return take(**outcome);
  attempt_->poll->set_interest(attempt_->exchange->wants_read(), attempt_->exchange->wants_write());
}

void Renewer::take(const EstResponse& response) {
  const bool is_issued = !failure_of(response);
  if (auto installed = install(response); !installed) {
    fail_with(std::move(installed.error()), is_issued);
    return;
  }
  log_.event(Level::Notice, "renewal.done", "this device has its next certificate",
             {{"profile", profile_->name}, {"device", attempt_->identity.device}});
  pace_.note_renewed(loop_.now().steady);
  deadline_.cancel();
  attempt_.reset();
  failure_.reset();
  rests_until_ = TimePoint::min();
  listener_.on_renewed();
}

/// Nothing is written before the certificate was checked, and then in one step.
Result<void, TunnelFailure> Renewer::install(const EstResponse& response) {
  if (auto refused = failure_of(response)) return fail(failure_from(std::move(*refused)));
  const auto certificate = certificate_of(response);
  if (!certificate) return fail(failure_from(certificate.error()));
  const auto ca = read_file(profile_->ca);
  if (!ca) return fail(unusable(to_string(ca.error())));
  const auto peer = check_identity(*certificate, signing_key(attempt_->prepared->key), *ca, loop_.now().wall);
  if (!peer) return fail(unusable(peer.error()));
  if (peer->device.text() != attempt_->identity.device || peer->user.text() != attempt_->identity.user) {
    return fail(TunnelFailure{"bad_answer", "the gateway sent a certificate of another device", {}});
  }
  // Somebody may have enrolled this laptop anew meanwhile: what they asked for stays.
  auto replaced = replace_pair(files_of(*profile_), attempt_->identity.serial, attempt_->prepared->key, *certificate);
  if (replaced) return {};
  if (!replaced.error().is_identity_changed) return fail(unusable(std::move(replaced.error().words)));
  return fail(TunnelFailure{"identity_changed", std::move(replaced.error().words), {}});
}

void Renewer::fail_with(TunnelFailure failure, bool was_issued) {
  deadline_.cancel();
  attempt_.reset();
  failure_ = std::move(failure);
  const Now now = loop_.now();
  schedule_.note_failure(now.wall);
  if (was_issued) rests_until_ = now.steady + (schedule_.due() - now.wall);
  log_.event(Level::Warning, "renewal.failed", failure_->words, {{"reason", failure_->reason}});
  consider();
  listener_.on_failed();
}

}  // namespace sallyport
