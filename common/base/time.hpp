#pragma once

#include "common/base/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Monotonic time: deadlines, back-off, rate limits. Never jumps.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// Civil time in UTC, whole seconds: certificate dates, policy hours, records. May jump.
using WallTime = std::chrono::sys_seconds;

/// Both clocks, read once by the rim and handed to the core.
struct Now {
  TimePoint steady;
  WallTime wall;
};

/// Later than any time the product judges by.
inline constexpr WallTime kNever = WallTime::max();

/// RFC 3339, UTC: "2026-11-21T05:23:00Z"; kNever is "never".
[[nodiscard]] std::string format_utc(WallTime time);

/// Parses exactly the form that format_utc writes, or a date alone (midnight UTC).
[[nodiscard]] std::optional<WallTime> parse_utc(std::string_view text);

}  // namespace sallyport
