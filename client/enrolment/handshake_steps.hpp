#pragma once

#include "common/base/bytes.hpp"
#include "common/tls/engine.hpp"
#include "common/uv/blocking_thread.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace sallyport {

/// A laptop's TLS handshake step by step. In one of them the device key signs, and a token may take its time or never
/// answer: each step runs on a thread for such calls while the loop goes on.
class HandshakeSteps {
 public:
  using Outcome = Result<bool, TlsError>;
  /// Of one step. A token that says nothing by then is taken for one that does not answer.
  static constexpr auto kPatience = std::chrono::seconds{8};

  /// Without a `thread` each step is done at once. `on_step`: take() said nullopt, and outcome() is here.
  HandshakeSteps(std::shared_ptr<Engine> engine, BlockingThread* thread, std::function<void()> on_step);
  HandshakeSteps(const HandshakeSteps&) = delete;
  HandshakeSteps& operator=(const HandshakeSteps&) = delete;

  /// What Engine::handshake() says once it has `ciphertext`; nullopt: the step is under way, and the engine out of
  /// reach until on_step. Requires that it is not.
  [[nodiscard]] std::optional<Outcome> take(Bytes ciphertext);
  /// A step has ended, and nobody has taken its outcome() yet.
  [[nodiscard]] bool has_outcome() const noexcept { return outcome_.has_value(); }
  /// Of that step. Requires has_outcome().
  [[nodiscard]] Outcome outcome() { return *std::exchange(outcome_, std::nullopt); }
  /// Another thread works with the engine, or hangs with it: nobody else touches it.
  [[nodiscard]] bool is_engine_away() const noexcept { return is_away_; }

 private:
  struct Step;
  void finish(const std::shared_ptr<Step>& step, bool is_done);

  std::shared_ptr<Engine> engine_;
  BlockingThread* thread_;
  std::function<void()> on_step_;
  bool is_away_ = false;
  std::optional<Outcome> outcome_;
  std::optional<BlockingThread::Call> call_;
};

}  // namespace sallyport
