#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <random>

namespace sallyport {

/// When a client tries to change to another session while the one it has goes on: at once, and after a failure again,
/// ever more rarely but without end. Pure.
class SwitchSchedule {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds{250};  ///< upper bound of the first wait
  static constexpr Duration kLongest = std::chrono::seconds{30};

  explicit SwitchSchedule(std::uint64_t seed) : random_{seed} {}

  /// There is a reason to change. Another one starts the waits anew.
  void want() noexcept {
    is_wanted_ = true;
    bound_ = {};
  }
  /// It has changed, or the session that it was to change from is gone.
  void settle() noexcept { is_wanted_ = false; }
  [[nodiscard]] bool is_wanted() const noexcept { return is_wanted_; }

  /// An attempt came to nothing. How long to wait before the next one: from the upper half of a bound that doubles.
  [[nodiscard]] Duration wait_after_failure();

 private:
  std::mt19937_64 random_;
  bool is_wanted_ = false;
  Duration bound_{};
};

}  // namespace sallyport
