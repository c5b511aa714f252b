#include "common/tls/engine.hpp"

#include "common/ip/address.hpp"
#include "common/tls/crypto_device.hpp"
#include "common/tls/engine_internals.hpp"
#include "common/tls/signature_memory.hpp"
#include "common/tls/wolfssl.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

constexpr std::string_view kProtocol = "http/1.1";

TlsError wrong_state() { return {TlsFault::WrongState, {}, {}, "the TLS connection is not open"}; }

int clamp(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

/// SNI and the library's own name check, a second lock behind PeerCheck. It wants names with a dot, and it reads no
/// IP alternative names unless built with WOLFSSL_IP_ALT_NAME: those PeerCheck judges alone.
bool set_server_name(WOLFSSL* session, const std::string& name) {
  if (IpAddress::parse(name)) return true;
  if (wolfSSL_UseSNI(session, WOLFSSL_SNI_HOST_NAME, name.data(), static_cast<unsigned short>(name.size())) !=
      WOLFSSL_SUCCESS) {
    return false;
  }
  return name.find('.') == std::string::npos || wolfSSL_check_domain_name(session, name.c_str()) == WOLFSSL_SUCCESS;
}

bool set_protocol(WOLFSSL* session) {
  std::string list{kProtocol};
  return wolfSSL_UseALPN(session, list.data(), static_cast<unsigned>(list.size()), WOLFSSL_ALPN_FAILED_ON_MISMATCH) ==
         WOLFSSL_SUCCESS;
}

bool has_agreed_protocol(WOLFSSL* session) {
  char* name = nullptr;
  unsigned short size = 0;
  if (wolfSSL_ALPN_GetProtocol(session, &name, &size) != WOLFSSL_SUCCESS || name == nullptr) return false;
  return std::string_view{name, size} == kProtocol;
}

/// The fatal alert the peer sent; nullopt when it sent none.
std::optional<std::uint8_t> received_alert(WOLFSSL* session) {
  WOLFSSL_ALERT_HISTORY history{};
  if (wolfSSL_get_alert_history(session, &history) != WOLFSSL_SUCCESS) return std::nullopt;
  if (history.last_rx.level != alert_fatal || history.last_rx.code < 0) return std::nullopt;
  return static_cast<std::uint8_t>(history.last_rx.code);
}

TlsError peer_alert(std::uint8_t alert) {
  return {TlsFault::PeerAlert, {}, alert, "the peer refused with TLS alert " + std::string{describe_alert(alert)}};
}

TlsError certificate_refused(CertificateRefusal refusal) {
  return {TlsFault::PeerCertificate, refusal, {}, std::string{describe(refusal)}};
}

TlsError library_fault(int code) {
  const char* reason = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
  const bool is_internal = code == MEMORY_E || code == RNG_FAILURE_E || code == BAD_FUNC_ARG;
  return {is_internal ? TlsFault::Library : TlsFault::Protocol, {}, {}, std::string{"TLS failed: "} + reason};
}

}  // namespace

void Engine::Free::operator()(WOLFSSL* session) const noexcept { wolfSSL_free(session); }

Engine::Engine(const Context& context, std::string name, WallTime now)
    : internals_{std::make_unique<Internals>(PeerCheck{context, std::move(name), now}, outbox_)},
      checks_peer_{context.role() != Context::Role::OpenServer && context.role() != Context::Role::BlindClient} {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>, TlsError> Engine::accept(const ServerContext& context, WallTime now) {
  std::unique_ptr<Engine> engine{new Engine{context, context.trust_domain(), now}};
  if (auto opened = engine->open(context); !opened) return fail(opened.error());
  return engine;
}

Result<std::unique_ptr<Engine>, TlsError> Engine::accept_anybody(const OpenServerContext& context, WallTime now) {
  std::unique_ptr<Engine> engine{new Engine{context, {}, now}};
  if (auto opened = engine->open(context); !opened) return fail(opened.error());
  return engine;
}

Result<std::unique_ptr<Engine>, TlsError> Engine::connect(const ClientContext& context, const std::string& server_name,
                                                          WallTime now) {
  return connect_by(context, server_name, now);
}

Result<std::unique_ptr<Engine>, TlsError> Engine::visit(const VisitorContext& context, const std::string& server_name,
                                                        WallTime now) {
  return connect_by(context, server_name, now);
}

Result<std::unique_ptr<Engine>, TlsError> Engine::connect_blindly(const BlindContext& context,
                                                                  const std::string& server_name, WallTime now) {
  return connect_by(context, server_name, now);
}

Result<std::unique_ptr<Engine>, TlsError> Engine::connect_by(const Context& context, const std::string& server_name,
                                                             WallTime now) {
  if (server_name.empty() || server_name.size() > 253) {
    return fail(TlsError{TlsFault::Setup, {}, {}, "the gateway's name is missing or too long"});
  }
  std::unique_ptr<Engine> engine{new Engine{context, server_name, now}};
  if (auto opened = engine->open(context); !opened) return fail(opened.error());
  if (!set_server_name(engine->session_.get(), server_name)) {
    return fail(TlsError{TlsFault::Setup, {}, {}, "the gateway's name is neither a host name nor an IP address"});
  }
  return engine;
}

Result<void, TlsError> Engine::open(const Context& context) {
  session_.reset(wolfSSL_new(context.library_context()));
  WOLFSSL* session = session_.get();
  if (session == nullptr) return fail(TlsError{TlsFault::Library, {}, {}, "no memory for a TLS session"});
  wolfSSL_SSLSetIORecv(session, &Internals::on_receive);
  wolfSSL_SSLSetIOSend(session, &Internals::on_send);
  wolfSSL_SetIOReadCtx(session, internals_.get());
  wolfSSL_SetIOWriteCtx(session, internals_.get());
  wolfSSL_SetCertCbCtx(session, &internals_->check);
  CryptoDevice::serve(session);
  wolfSSL_KeepArrays(session);  // without it 5.9.2 exports no keying material
  if (!set_protocol(session)) return fail(TlsError{TlsFault::Library, {}, {}, "ALPN cannot be set"});
  auto remote_key = context.remote_key();
  if (!remote_key) return {};
  internals_->signer.emplace(std::move(remote_key));
  if (internals_->signer->serve(session)) return {};
  return fail(TlsError{TlsFault::Library, {}, {}, "this TLS library takes no key of a token"});
}

void Engine::feed(Bytes ciphertext) { internals_->inbox.lend(ciphertext); }

void Engine::judge_at(WallTime now) noexcept { internals_->check.judge_at(now); }

void Engine::use_wolfssl_alone() noexcept { CryptoDevice::leave(session_.get()); }

Result<bool, TlsError> Engine::handshake() {
  if (state_ == State::Established) {
    internals_->inbox.keep();  // what was lent since the handshake ended belongs to read()
    return true;
  }
  if (state_ != State::Handshake) return fail(wrong_state());
  const int status = negotiate();
  if (status == WOLFSSL_SUCCESS) return finish_handshake();
  const int code = wolfSSL_get_error(session_.get(), status);
  if (code == WOLFSSL_ERROR_WANT_READ) return false;
  return fail(fail_with(code));
}

/// A server, which sees the same devices again and again, remembers what was found good.
int Engine::negotiate() {
  std::optional<SignatureMemory> memory;
  if (awaits_certificate_ && internals_->check.identity() == nullptr)
    memory.emplace(session_.get(), internals_->check.trust()->good_signatures());
  const int status = wolfSSL_negotiate(session_.get());
  const bool has_answered = !outbox_.empty() && wolfSSL_is_server(session_.get()) != 0;
  awaits_certificate_ = checks_peer_ && (awaits_certificate_ || has_answered);
  return status;
}

bool Engine::has_judged_peer() const noexcept {
  const PeerCheck& check = internals_->check;
  return !checks_peer_ || (check.identity() && !check.refusal());
}

Result<bool, TlsError> Engine::finish_handshake() {
  Internals& internals = *internals_;
  // The library cannot have come here without the callback's consent; if it ever does, this is where it ends.
  if (!has_judged_peer()) {
    return fail(fail_with(internals.check.refusal() ? VERIFY_CERT_ERROR : NO_PEER_CERT));
  }
  const bool is_server = wolfSSL_is_server(session_.get()) != 0;
  if (!is_server && !has_agreed_protocol(session_.get())) return fail(fail_with(UNKNOWN_ALPN_PROTOCOL_NAME_E));
  if (checks_peer_) peer_ = internals.check.take_identity();
  internals.inbox.keep();
  internals.start_counting();
  state_ = State::Established;
  return true;
}

Result<std::size_t, TlsError> Engine::read(MutableBytes plaintext) {
  if (state_ != State::Established) return fail(wrong_state());
  if (plaintext.empty()) return std::size_t{0};
  const int count = wolfSSL_read(session_.get(), plaintext.data(), clamp(plaintext.size()));
  silent_records_ = internals_->silent_records(count > 0);
  if (count > 0) return static_cast<std::size_t>(count);
  const int code = wolfSSL_get_error(session_.get(), count);
  if (code == WOLFSSL_ERROR_WANT_READ) return std::size_t{0};
  return fail(fail_with(code));
}

Result<std::size_t, TlsError> Engine::read_all(MutableBytes plaintext) {
  if (late_) return fail(*std::exchange(late_, std::nullopt));
  std::size_t filled = 0;
  while (filled < plaintext.size()) {
    const auto size = read(plaintext.subspan(filled));
    if (!size && filled == 0) return fail(size.error());
    if (!size) late_ = size.error();
    if (!size || *size == 0) break;
    filled += *size;
  }
  return filled;
}

Result<void, TlsError> Engine::write(Bytes plaintext) {
  if (state_ != State::Established) return fail(wrong_state());
  if (plaintext.empty()) return {};
  const int count = wolfSSL_write(session_.get(), plaintext.data(), clamp(plaintext.size()));
  if (count > 0 && static_cast<std::size_t>(count) == plaintext.size()) return {};
  return fail(fail_with(wolfSSL_get_error(session_.get(), count)));
}

const PeerIdentity& Engine::peer() const noexcept {
  static const PeerIdentity kNobody{};
  return peer_ ? *peer_ : kNobody;
}

void Engine::forget_handshake() noexcept {
  peer_.reset();
  wolfSSL_FreeArrays(session_.get());
}

void Engine::close() {
  if (state_ == State::Established) wolfSSL_shutdown(session_.get());
  if (state_ != State::Failed) state_ = State::Closed;
}

Result<void, TlsError> Engine::update_keys() {
  if (state_ != State::Established) return fail(wrong_state());
  const int status = wolfSSL_update_keys(session_.get());
  if (status == WOLFSSL_SUCCESS) return {};
  return fail(fail_with(wolfSSL_get_error(session_.get(), status)));
}

TlsError Engine::fail_with(int library_error) {
  state_ = State::Failed;
  internals_->inbox.drop();
  if (internals_->outbox_full) {
    return {TlsFault::OutboxFull, {}, {}, "the peer takes nothing: too much is waiting to be sent"};
  }
  if (internals_->flooded) return {TlsFault::ControlFlood, {}, {}, "the peer floods us with records without data"};
  if (library_error == WOLFSSL_ERROR_ZERO_RETURN) return {TlsFault::Closed, {}, {}, "the peer closed the connection"};
  if (internals_->check.refusal()) return certificate_refused(*internals_->check.refusal());
  if (internals_->signer && internals_->signer->failure()) {
    const PkiError& failure = *internals_->signer->failure();
    return {TlsFault::OwnKey, {}, {}, failure.words, failure.problem};
  }
  if (library_error == NO_PEER_CERT) return certificate_refused(CertificateRefusal::NoCertificate);
  if (library_error == FATAL_ERROR) {
    if (const auto alert = received_alert(session_.get())) return peer_alert(*alert);
  }
  return library_fault(library_error);
}

std::string Engine::group() const {
  const char* name = state_ == State::Handshake ? nullptr : wolfSSL_get_curve_name(session_.get());
  return name == nullptr ? std::string{} : std::string{name};
}

std::string Engine::cipher_suite() const {
  const char* name = state_ == State::Handshake ? nullptr : wolfSSL_get_cipher(session_.get());
  return name == nullptr ? std::string{} : std::string{name};
}

Result<void, TlsError> Engine::export_keying_material(std::string_view label, Bytes context, MutableBytes out) const {
  if (state_ != State::Established) return fail(wrong_state());
  const int status = wolfSSL_export_keying_material(
      session_.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(), label.data(), label.size(),
      reinterpret_cast<const unsigned char*>(context.data()), context.size(), 1);
  if (status == WOLFSSL_SUCCESS) return {};
  return fail(TlsError{TlsFault::Library, {}, {}, "no keying material can be exported"});
}

}  // namespace sallyport
