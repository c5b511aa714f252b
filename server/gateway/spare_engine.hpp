#pragma once

#include "common/tls/engine.hpp"

#include <memory>
#include <utility>

namespace sallyport {

/// Engines for those who come, one of them made while nobody waited: to make one takes a good part of a handshake.
/// Sans-IO.
class SpareEngine {
 public:
  explicit SpareEngine(std::shared_ptr<const ServerContext> context) : context_{std::move(context)} {}

  /// New engines are by `context`, and no other is given any more.
  void use(std::shared_ptr<const ServerContext> context) noexcept {
    context_ = std::move(context);
    spare_.reset();
  }
  /// Makes one ahead, unless there is one. Without it next() makes its own.
  void prepare(WallTime now) {
    if (spare_) return;
    if (auto engine = Engine::accept(*context_, now)) spare_ = std::move(*engine);
  }
  [[nodiscard]] bool is_ready() const noexcept { return spare_ != nullptr; }

  /// For one handshake, which judges dates by `now`.
  [[nodiscard]] Result<std::unique_ptr<Engine>, TlsError> next(WallTime now) {
    if (!spare_) return Engine::accept(*context_, now);
    spare_->judge_at(now);
    return std::exchange(spare_, nullptr);
  }

 private:
  std::shared_ptr<const ServerContext> context_;
  std::unique_ptr<Engine> spare_;
};

}  // namespace sallyport
