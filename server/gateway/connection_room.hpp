#pragma once

#include "common/base/ids.hpp"
#include "server/config/gateway_config.hpp"
#include "server/gateway/crowd.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace sallyport {

/// Connections that may be served at once, whatever they are at: sessions that carry, that are verified while an older
/// one carries, that hand over and that end. Half as many again as there may be devices: while everybody moves, each
/// has two for a moment.
[[nodiscard]] inline std::size_t places_of(const GatewayLimits& limits) noexcept {
  constexpr std::size_t kLeastToMove = 8;
  return limits.sessions + std::max<std::size_t>(limits.sessions / 2, kLeastToMove);
}

/// Of these, for one device: the session that carries, the next one, and two that hand over or end.
inline constexpr std::size_t kPlacesOfOne = 4;

/// Connections whose only answer is a refusal; one more is closed without words.
inline constexpr std::size_t kRefusedAtOnce = 256;

/// Verified connections that may wait for the control thread; those who come wait in front of the handshake instead.
inline constexpr std::size_t kAwaitingAdmission = 1024;

/// Descriptors that a gateway with these limits may need at once: every place for a connection there is, and some for
/// files, threads and administrators.
[[nodiscard]] inline std::uint64_t descriptors_of(const GatewayLimits& limits) noexcept {
  constexpr std::uint64_t kForCertificates = 128;
  constexpr std::uint64_t kOthers = 256;
  return places_of(limits) + kRefusedAtOnce + kAwaitingAdmission + limits.half_open + kForCertificates + kOthers;
}

/// A bound on connections, of all devices and of each, wherever they go: each has a place as long as it is there. Safe
/// to use from any thread.
class ConnectionRoom {
 public:
  /// Given back when it goes, on whatever thread that is.
  using Place = std::shared_ptr<void>;

  ConnectionRoom(std::size_t most, std::size_t most_of_one)
      : most_{most}, inside_{std::make_shared<Inside>(most, most_of_one)} {}

  /// Null: it is full, or full of this device.
  [[nodiscard]] Place enter(const DeviceId& device) {
    if (!inside_->enter(device)) return nullptr;
    return Place{inside_.get(), [inside = inside_, device](void*) { inside->leave(device); }};
  }
  [[nodiscard]] bool is_full_of(const DeviceId& device) const {
    const std::lock_guard lock{inside_->mutex};
    return inside_->crowd.is_full_of(device);
  }
  [[nodiscard]] std::size_t taken() const {
    const std::lock_guard lock{inside_->mutex};
    return inside_->crowd.size();
  }
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

 private:
  struct Inside {
    Inside(std::size_t most, std::size_t most_of_one) : crowd{most, most_of_one} {}
    [[nodiscard]] bool enter(const DeviceId& device) {
      const std::lock_guard lock{mutex};
      return crowd.enter(device);
    }
    void leave(const DeviceId& device) {
      const std::lock_guard lock{mutex};
      crowd.leave(device);
    }

    std::mutex mutex;  ///< held for a look-up
    Crowd<DeviceId> crowd;
  };

  std::size_t most_;
  std::shared_ptr<Inside> inside_;
};

}  // namespace sallyport
