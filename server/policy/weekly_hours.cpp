#include "server/policy/weekly_hours.hpp"

#include <algorithm>
#include <optional>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::local_seconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kDay = days{1};
constexpr unsigned kDaysOfWeek = 7;

constexpr bool includes(std::uint8_t mask, unsigned day) { return ((mask >> day) & 1U) != 0; }

bool contains(const HoursWindow& window, unsigned day, seconds time) {
  const bool today = includes(window.days, day);
  if (window.from < window.to) return today && window.from <= time && time < window.to;
  return (today && time >= window.from) ||
         (includes(window.days, (day + kDaysOfWeek - 1) % kDaysOfWeek) && time < window.to);
}

seconds time_of_day(local_seconds local) { return local - std::chrono::floor<days>(local); }

/// The next time after `local` at which clocks show `edge` (up to 24:00).
local_seconds next_showing(local_seconds local, minutes edge) {
  const auto today = std::chrono::floor<days>(local) + edge % kDay;
  return today > local ? local_seconds{today} : local_seconds{today + days{1}};
}

/// When clocks that are never changed show that the answer at `local` is over; nullopt: never.
std::optional<local_seconds> next_change(const std::vector<HoursWindow>& windows, local_seconds local) {
  const bool open = is_open(windows, local);
  const auto week_later = local + days{kDaysOfWeek};
  while (!windows.empty() && local < week_later) {
    auto next = local_seconds::max();
    for (const auto& window : windows) {
      next = std::min({next, next_showing(local, window.from), next_showing(local, window.to)});
    }
    if (is_open(windows, next) != open) return next;
    local = next;
  }
  return std::nullopt;
}

local_seconds local_time(WallTime time, seconds utc) { return local_seconds{time.time_since_epoch() + utc}; }

/// From `offset`, which holds at `now`, over the changes of the clocks to the change of the answer.
WeeklyHours::State step(const WeeklyHours& hours, TimeZone::Offset offset, WallTime now) {
  const bool open = is_open(hours.windows, local_time(now, offset.utc));
  while (true) {
    const auto local = local_time(now, offset.utc);
    if (is_open(hours.windows, local) != open) return {true, open, now};
    const auto change = next_change(hours.windows, local);
    if (!change) return {true, open, kNever};
    if (now + (*change - local) < offset.end) return {true, open, now + (*change - local)};
    now = offset.end;
    const auto following = hours.zone->at(now);
    if (!following) return {true, open, now};
    offset = *following;
  }
}

}  // namespace

bool is_open(const std::vector<HoursWindow>& windows, local_seconds local) {
  const auto day = std::chrono::weekday{std::chrono::floor<days>(local)}.iso_encoding() - 1;
  const auto time = time_of_day(local);
  return std::any_of(windows.begin(), windows.end(), [&](const auto& window) { return contains(window, day, time); });
}

WeeklyHours::State WeeklyHours::at(WallTime now) const {
  if (const local_seconds any_time{}; !next_change(windows, any_time))
    return {true, is_open(windows, any_time), kNever};
  if (!zone) return {};
  if (const auto offset = zone->at(now)) return step(*this, *offset, now);
  return {false, false, zone->known_again(now)};
}

}  // namespace sallyport
