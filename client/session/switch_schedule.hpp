#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <random>

namespace sallyport {

/// When a client tries to change to another session while the one it has goes on: at once, and after a failure again,
/// ever more rarely but without end. A gateway that asks for one change after the other waits ever longer, so that none
/// can have a laptop do nothing but handshakes. Pure.
class SwitchSchedule {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds{250};  ///< upper bound of the first wait
  static constexpr Duration kLongest = std::chrono::seconds{30};
  /// From a change to the next attempt. Doubled by each that is asked for sooner, halved by each that is not: sessions
  /// of the shortest lifetime there is (2 s) never meet it.
  static constexpr Duration kShortestGap = std::chrono::milliseconds{500};
  static constexpr Duration kLongestGap = std::chrono::seconds{30};
  /// However they are spread: so many attempts in a row, and one more each interval on the long run.
  static constexpr int kInARow = 60;
  static constexpr Duration kInterval = std::chrono::seconds{30};

  struct Counts {
    std::uint64_t begun = 0;
    std::uint64_t done = 0;
    std::uint64_t held_back = 0;  ///< reasons to change that had to wait

    friend bool operator==(const Counts&, const Counts&) = default;
  };

  explicit SwitchSchedule(std::uint64_t seed) : random_{seed} {}

  /// There is a reason to change. While there is one already, another one says nothing new.
  void want() noexcept { is_wanted_ = true; }
  /// What attempts failed for so far may be mended: the waits start anew.
  void want_anew() noexcept {
    is_wanted_ = true;
    bound_ = {};
  }
  [[nodiscard]] bool is_wanted() const noexcept { return is_wanted_; }

  /// An attempt is to begin. Zero: now, and it counts; otherwise how long to wait before this is called again.
  [[nodiscard]] Duration begin(TimePoint now) noexcept;
  /// The attempt came to nothing. How long to wait before the next one: from the upper half of a bound that doubles.
  [[nodiscard]] Duration wait_after_failure();
  /// It has changed.
  void note_change(TimePoint now) noexcept;
  /// The session that it was to change from is gone.
  void settle() noexcept;
  /// Its person begins from nothing.
  void forget() noexcept;

  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  std::mt19937_64 random_;
  bool is_wanted_ = false;
  bool is_held_ = false;  ///< the attempt that is wanted had to wait
  bool is_retry_ = false;
  Duration bound_{};
  Duration gap_ = kShortestGap;
  TimePoint changed_{};
  TimePoint full_at_{};  ///< when kInARow may follow each other again
  Counts counts_;
};

}  // namespace sallyport
