#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>

namespace sallyport {

/// Wrong codes may be tried this often before the next one has to wait.
inline constexpr std::uint32_t kFreeTries = 5;
inline constexpr std::chrono::seconds kFirstDelay{30};
inline constexpr std::chrono::seconds kLongestDelay{3600};

/// The wrong codes of one device since its last right one. Pure.
///
/// Of the device and not of the person: who holds one laptop neither guesses faster by reconnecting nor keeps the
/// person from proving themselves on another.
struct FailedAttempts {
  std::uint32_t count = 0;
  WallTime last{};

  [[nodiscard]] std::uint32_t tries_left() const noexcept { return count < kFreeTries ? kFreeTries - count : 0; }
  /// 30 s after the fifth, twice as long after each further one, an hour at most.
  [[nodiscard]] std::chrono::seconds delay() const noexcept;
  /// How long nothing may be tried; 0: now. A `last` that lies ahead, because the clock was set back, counts as now.
  [[nodiscard]] std::chrono::seconds wait(WallTime now) const noexcept;
  [[nodiscard]] FailedAttempts with_one_more(WallTime now) const noexcept;
  /// The same with a `last` that does not lie ahead: otherwise the wait would not run down.
  [[nodiscard]] FailedAttempts as_of(WallTime now) const noexcept;

  friend bool operator==(const FailedAttempts&, const FailedAttempts&) = default;
};

}  // namespace sallyport
