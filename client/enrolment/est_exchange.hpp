#pragma once

#include "client/enrolment/handshake_steps.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/tls/engine.hpp"
#include "common/wire/est.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

/// Why a gateway gave no certificate.
struct EstFailure {
  std::string reason;  ///< a stable class: "connect_failed", "bad_token"
  std::string words;   ///< for a person
};

/// What is wrong with an answer that is no certificate; nullopt for one that is.
[[nodiscard]] std::optional<EstFailure> failure_of(const EstResponse& response);
/// The one certificate of an answer, in PEM.
[[nodiscard]] Result<std::string, EstFailure> certificate_of(const EstResponse& response);

/// One request over one connection: handshake, request, answer. Whoever owns it waits for its socket.
class EstExchange {
 public:
  /// `socket` is connected, or connects, and does not block. With a `thread` the handshake's steps run on it, and
  /// `on_step` asks for resume().
  EstExchange(FileDescriptor socket, std::unique_ptr<Engine> engine, ByteBuffer request,
              BlockingThread* thread = nullptr, std::function<void()> on_step = {});

  /// Takes what the socket has and gives it what it takes. Nullopt: wants more.
  [[nodiscard]] Result<std::optional<EstResponse>, EstFailure> advance();
  /// The same, once a step of the handshake has ended.
  [[nodiscard]] Result<std::optional<EstResponse>, EstFailure> resume();

  /// The handshake is over, and the request goes out.
  [[nodiscard]] bool has_asked() const noexcept { return has_asked_; }
  /// Not while a step of the handshake is under way.
  [[nodiscard]] bool wants_read() const noexcept { return !steps_.is_engine_away(); }
  [[nodiscard]] bool wants_write() const noexcept {
    return !steps_.is_engine_away() && sent_ < engine_->outbox().size();
  }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

 private:
  using Outcome = Result<std::optional<EstResponse>, EstFailure>;
  [[nodiscard]] Outcome receive();
  [[nodiscard]] Outcome take(Bytes ciphertext);
  /// Nullopt: go on with what the engine holds.
  [[nodiscard]] std::optional<Outcome> settle(const HandshakeSteps::Outcome& done);
  [[nodiscard]] Outcome read();
  [[nodiscard]] Outcome end_input();
  [[nodiscard]] Result<void, EstFailure> flush();

  FileDescriptor socket_;
  std::shared_ptr<Engine> engine_;
  HandshakeSteps steps_;
  ByteBuffer request_;
  EstResponseParser parser_;
  std::size_t sent_ = 0;
  bool has_asked_ = false;
};

}  // namespace sallyport
