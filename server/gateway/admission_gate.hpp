#pragma once

#include "server/gateway/connection_room.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace sallyport {

/// The way of verified connections to the control thread: they have left the caps of the handshake, so they have one of
/// their own until they are admitted. From any thread.
class AdmissionGate {
 public:
  /// Those whose handshake is under way when there is no more room are let through besides.
  explicit AdmissionGate(std::size_t half_open) noexcept : most_{kAwaitingAdmission + half_open} {}

  /// False: so many wait that no further one may. True: leave() is due when it was looked at, or could not be sent.
  [[nodiscard]] bool enter() noexcept {
    if (waiting_.fetch_add(1) < most_) return true;
    leave();
    return false;
  }
  void leave() noexcept { waiting_.fetch_sub(1); }
  /// How many more are wanted now.
  [[nodiscard]] std::size_t room() const noexcept {
    return kAwaitingAdmission - std::min(kAwaitingAdmission, waiting_.load());
  }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace sallyport
