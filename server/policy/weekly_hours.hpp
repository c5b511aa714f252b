#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "server/policy/time_zone.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

/// One window: on these days (bit 0 = Monday), local time from..to; to <= from runs past midnight and belongs to the
/// day on which it began; 00:00-24:00 is the whole day.
struct HoursWindow {
  std::uint8_t days = 0;
  std::chrono::minutes from{};
  std::chrono::minutes to{};

  friend auto operator<=>(const HoursWindow&, const HoursWindow&) = default;
};

/// Any of several windows in one zone. Open while what the clocks of the zone show lies in a window: what begins in an
/// hour that the clocks skip begins with the jump, and an hour they show twice counts twice.
struct WeeklyHours {
  std::vector<HoursWindow> windows;
  std::shared_ptr<const TimeZone> zone;  ///< none: nothing is known

  struct State {
    bool known = false;
    bool open = false;        ///< false while unknown
    WallTime until = kNever;  ///< the exact second from which the answer differs
  };
  /// Unknown where the zone is, unless the windows cover the whole week or nothing of it.
  [[nodiscard]] State at(WallTime now) const;
};

/// Whether clocks that show `local` are within a window: all that openness depends on, in every zone.
[[nodiscard]] bool is_open(const std::vector<HoursWindow>& windows, std::chrono::local_seconds local);

using TimeRange = std::pair<std::chrono::minutes, std::chrono::minutes>;

/// "mon-fri", "sat", "fri-mon", "mon, wed-fri", "daily". The error is words for a person.
[[nodiscard]] Result<std::uint8_t, std::string> parse_days(std::string_view text);
/// "08:00-19:00", "22:00-06:00", "00:00-24:00". The error is words for a person.
[[nodiscard]] Result<TimeRange, std::string> parse_time_range(std::string_view text);

/// What the parsers read back.
[[nodiscard]] std::string days_to_text(std::uint8_t days);
[[nodiscard]] std::string time_range_to_text(std::chrono::minutes from, std::chrono::minutes to);

}  // namespace sallyport
