#include "client/enrolment/handshake_steps.hpp"

#include <utility>

namespace sallyport {

/// Shared with the thread, which may outlive everything else here.
struct HandshakeSteps::Step {
  std::shared_ptr<Engine> engine;
  ByteBuffer ciphertext;
  std::optional<Outcome> outcome;

  void run() {
    engine->feed(ciphertext);
    outcome = engine->handshake();
  }
};

HandshakeSteps::HandshakeSteps(std::shared_ptr<Engine> engine, BlockingThread* thread, std::function<void()> on_step)
    : engine_{std::move(engine)}, thread_{thread}, on_step_{std::move(on_step)} {}

std::optional<HandshakeSteps::Outcome> HandshakeSteps::take(Bytes ciphertext) {
  if (thread_ == nullptr) {
    engine_->feed(ciphertext);
    return engine_->handshake();
  }
  auto step = std::make_shared<Step>(Step{engine_, {ciphertext.begin(), ciphertext.end()}, {}});
  is_away_ = true;
  call_.emplace(
      thread_->start([step] { step->run(); }, kPatience, [this, step](bool is_done) { finish(step, is_done); }));
  return std::nullopt;
}

void HandshakeSteps::finish(const std::shared_ptr<Step>& step, bool is_done) {
  if (is_done) {
    is_away_ = false;
    outcome_ = std::move(step->outcome);
  } else {
    const auto silent = token_is_silent();
    outcome_ = fail(TlsError{TlsFault::OwnKey, {}, {}, silent.words, silent.problem});
  }
  // Whoever owns this may end it there.
  const auto on_step = on_step_;
  on_step();
}

}  // namespace sallyport
