#include "server/ctl/readable.hpp"

#include <fmt/format.h>
#include <langinfo.h>

#include <array>
#include <clocale>
#include <string_view>

namespace sallyport {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

}  // namespace

bool shows_utf8() {
  (void)std::setlocale(LC_CTYPE, "");
  return std::string_view{::nl_langinfo(CODESET)} == "UTF-8";
}

std::string readable_duration(std::chrono::seconds duration) {
  const std::int64_t seconds = duration.count();
  if (seconds >= kDay) return fmt::format("{} d {} h", seconds / kDay, seconds % kDay / kHour);
  if (seconds >= kHour) return fmt::format("{} h {} min", seconds / kHour, seconds % kHour / kMinute);
  if (seconds >= kMinute) return fmt::format("{} min", seconds / kMinute);
  return fmt::format("{} s", seconds);
}

std::string readable_octets(std::uint64_t octets) {
  constexpr std::array<const char*, 6> kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
  if (octets < 1000) return fmt::format("{} B", octets);
  double value = static_cast<double>(octets) / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return value < 9.95 ? fmt::format("{:.1f} {}", value, kUnits[unit]) : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string counted(std::uint64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string readable_date(WallTime time, WallTime now) {
  const auto date = format_utc(time).substr(0, sizeof "2026-11-21" - 1);
  if (time == kNever) return "never";
  if (time >= now) return date + " (in " + readable_duration(time - now) + ')';
  return date + " (" + readable_duration(now - time) + " ago)";
}

}  // namespace sallyport
