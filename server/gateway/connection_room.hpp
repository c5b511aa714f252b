#pragma once

#include "server/config/gateway_config.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>

namespace sallyport {

/// Connections that may be served at once, whatever they are at: sessions that carry, that are verified while an older
/// one carries, that hand over and that end. Half as many again as there may be devices: while everybody moves, each
/// has two for a moment.
[[nodiscard]] inline std::size_t places_of(const GatewayLimits& limits) noexcept {
  constexpr std::size_t kLeastToMove = 8;
  return limits.sessions + std::max<std::size_t>(limits.sessions / 2, kLeastToMove);
}

/// Connections whose only answer is a refusal; one more is closed without words.
inline constexpr std::size_t kRefusedAtOnce = 256;

/// A bound on connections, wherever they go: each has a place as long as it is there. One thread lets in, any may
/// leave.
class ConnectionRoom {
 public:
  /// Given back when it goes, on whatever thread that is.
  using Place = std::shared_ptr<void>;

  explicit ConnectionRoom(std::size_t most) : most_{most} {}

  /// Null: it is full.
  [[nodiscard]] Place enter() {
    if (taken_->load() >= most_) return nullptr;
    taken_->fetch_add(1);
    return Place{taken_.get(), [taken = taken_](void*) { taken->fetch_sub(1); }};
  }
  [[nodiscard]] std::size_t taken() const noexcept { return taken_->load(); }
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

 private:
  std::size_t most_;
  std::shared_ptr<std::atomic<std::size_t>> taken_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace sallyport
