#include "client/enrolment/est_exchange.hpp"

#include "client/enrolment/refused_peer.hpp"
#include "common/base/send_pending.hpp"
#include "common/pki/certs_only.hpp"
#include "common/pki/pem.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kChunk = 16U << 10U;

EstFailure failure_of(const TlsError& error) {
  switch (error.fault) {
    case TlsFault::PeerCertificate:
      return {"gateway_untrusted", words_for_untrusted_gateway(error)};
    case TlsFault::PeerAlert:
      return {"certificate_refused", words_for_refused_device(error)};
    case TlsFault::OwnKey:
      return {std::string{token_reason(error.key_problem.value_or(PkiProblem::TokenFailed))}, error.words};
    case TlsFault::Protocol:
      return {"tls_failed", words_for_strange_answer(error)};
    default:
      return {"tls_failed", error.words};
  }
}

EstFailure bad_answer(EstError error) {
  return {"bad_answer", "the gateway's answer cannot be used: " + std::string{describe(error)}};
}

EstFailure broken() { return {"connection_lost", std::string{"the connection broke: "} + std::strerror(errno)}; }

}  // namespace

std::optional<EstFailure> failure_of(const EstResponse& response) {
  constexpr unsigned kOk = 200;
  if (response.status == kOk) return std::nullopt;
  const Problem problem = response.problem.value_or(Problem{});
  return EstFailure{problem.reason.empty() ? "refused" : problem.reason,
                    problem.detail.empty() ? "the gateway refused with HTTP status " + std::to_string(response.status)
                                           : problem.detail};
}

Result<std::string, EstFailure> certificate_of(const EstResponse& response) {
  const auto certificates = parse_certs_only(response.certs_only);
  if (certificates && certificates->size() == 1) return to_pem("CERTIFICATE", certificates->front());
  return fail(EstFailure{"bad_answer", certificates ? "the gateway sent several certificates instead of one"
                                                    : "the gateway's answer holds no certificate"});
}

EstExchange::EstExchange(FileDescriptor socket, std::unique_ptr<Engine> engine, ByteBuffer request,
                         BlockingThread* thread, std::function<void()> on_step)
    : socket_{std::move(socket)},
      engine_{std::move(engine)},
      steps_{engine_, thread, std::move(on_step)},
      request_{std::move(request)} {}

EstExchange::Outcome EstExchange::advance() {
  if (steps_.is_engine_away()) return std::optional<EstResponse>{};
  // The first call writes the hello; nothing is signed for it.
  if (!engine_->is_established()) {
    if (const auto begun = engine_->handshake(); !begun) return fail(failure_of(begun.error()));
  }
  if (const auto flushed = flush(); !flushed) return fail(flushed.error());
  auto outcome = receive();
  if (!outcome || *outcome || steps_.is_engine_away()) return outcome;
  if (const auto flushed = flush(); !flushed) return fail(flushed.error());
  return outcome;
}

EstExchange::Outcome EstExchange::resume() {
  if (auto settled = settle(steps_.outcome())) return std::move(*settled);
  auto outcome = read();
  if (!outcome || *outcome) return outcome;
  return advance();
}

EstExchange::Outcome EstExchange::receive() {
  std::array<std::byte, kChunk> chunk{};
  while (true) {
    const ssize_t n = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (n == 0) return end_input();
    if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) return std::optional<EstResponse>{};
    if (n < 0) return fail(broken());
    auto outcome = take(Bytes{chunk}.first(static_cast<std::size_t>(n)));
    if (!outcome || *outcome || steps_.is_engine_away()) return outcome;
  }
}

EstExchange::Outcome EstExchange::take(Bytes ciphertext) {
  if (engine_->is_established()) {
    engine_->feed(ciphertext);
    return read();
  }
  const auto done = steps_.take(ciphertext);
  if (!done) return std::optional<EstResponse>{};
  if (auto settled = settle(*done)) return std::move(*settled);
  return read();
}

std::optional<EstExchange::Outcome> EstExchange::settle(const HandshakeSteps::Outcome& done) {
  if (!done) {
    if (!steps_.is_engine_away()) (void)flush();  // the alert that tells the gateway why
    return fail(failure_of(done.error()));
  }
  if (!*done) return std::optional<EstResponse>{};
  has_asked_ = true;
  if (const auto sealed = engine_->write(request_); !sealed) return fail(failure_of(sealed.error()));
  return std::nullopt;
}

EstExchange::Outcome EstExchange::read() {
  std::array<std::byte, kChunk> plaintext{};
  while (true) {
    const auto size = engine_->read(plaintext);
    if (!size) return size.error().fault == TlsFault::Closed ? end_input() : Outcome{fail(failure_of(size.error()))};
    if (*size == 0) return std::optional<EstResponse>{};
    auto response = parser_.feed(Bytes{plaintext}.first(*size));
    if (!response) return fail(bad_answer(response.error()));
    if (*response) return std::move(*response);
  }
}

EstExchange::Outcome EstExchange::end_input() {
  auto response = parser_.finish();
  if (!response) return fail(bad_answer(response.error()));
  return std::optional{std::move(*response)};
}

Result<void, EstFailure> EstExchange::flush() {
  const bool is_gone = send_pending(socket_.get(), engine_->outbox(), sent_) == SendState::Gone;
  // Not connected yet: the socket takes it later.
  if (is_gone && errno != ENOTCONN) return fail(broken());
  return {};
}

}  // namespace sallyport
