#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/tls/engine.hpp"
#include "common/wire/est.hpp"

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
  /// `socket` is connected, or connects, and does not block.
  EstExchange(FileDescriptor socket, std::unique_ptr<Engine> engine, ByteBuffer request);

  /// Takes what the socket has and gives it what it takes. Nullopt: wants more.
  [[nodiscard]] Result<std::optional<EstResponse>, EstFailure> advance();

  [[nodiscard]] bool wants_write() const noexcept { return sent_ < engine_->outbox().size(); }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

 private:
  using Outcome = Result<std::optional<EstResponse>, EstFailure>;
  [[nodiscard]] Outcome receive();
  [[nodiscard]] Outcome take(Bytes ciphertext);
  [[nodiscard]] Outcome end_input();
  [[nodiscard]] Result<void, EstFailure> flush();

  FileDescriptor socket_;
  std::unique_ptr<Engine> engine_;
  ByteBuffer request_;
  EstResponseParser parser_;
  std::size_t sent_ = 0;
};

}  // namespace sallyport
