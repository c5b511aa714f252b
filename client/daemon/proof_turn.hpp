#pragma once

#include "common/base/time.hpp"
#include "common/wire/proof.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace sallyport {

/// The one code that is on its way to a gateway. Verdicts do not say whose they are: the next code waits until that of
/// the one before is here, so that nobody is told what another person's code came to. Pure.
class ProofTurn {
 public:
  /// A gateway that said nothing for this long has lost the code.
  static constexpr auto kLost = std::chrono::minutes{1};

  [[nodiscard]] bool is_taken(TimePoint now) const noexcept { return offered_ || (sent_ && now - *sent_ < kLost); }
  /// It has left, and no verdict is here.
  [[nodiscard]] bool is_sent(TimePoint now) const noexcept { return sent_ && now - *sent_ < kLost; }
  [[nodiscard]] bool is_waiting() const noexcept { return offered_.has_value(); }
  /// Requires that it is not taken.
  void offer(ProofAttempt attempt) { offered_ = std::move(attempt); }
  /// Nobody waits any more: a code that was not sent yet never is.
  void withdraw() noexcept { offered_.reset(); }
  /// The code to be sent now, if there is one.
  [[nodiscard]] std::optional<ProofAttempt> send(TimePoint now) {
    if (offered_) sent_ = now;
    return std::exchange(offered_, std::nullopt);
  }
  /// The verdict is here, or the code did not leave.
  void settle() noexcept { sent_.reset(); }

 private:
  std::optional<ProofAttempt> offered_;  ///< for the next answer to the gateway
  std::optional<TimePoint> sent_;        ///< and not judged yet
};

}  // namespace sallyport
