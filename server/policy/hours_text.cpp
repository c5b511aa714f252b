#include "common/base/text.hpp"
#include "common/base/trimmed.hpp"
#include "server/policy/weekly_hours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport {
namespace {

using std::chrono::minutes;

constexpr std::string_view kBlank = " ";
constexpr std::array<std::string_view, 7> kDayNames{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::string_view kDaily = "daily";
constexpr std::uint8_t kEveryDay = 0x7f;
constexpr minutes kMidnight = std::chrono::hours{24};
constexpr std::string_view kDaysExample = R"(write "mon-fri", "sat", "mon, wed-fri" or "daily")";
constexpr std::string_view kTimeExample = R"(write "08:00-19:00"; "22:00-06:00" runs past midnight)";

std::string in_quotes(std::string_view text) { return '"' + escape_untrusted(text, 64) + '"'; }

std::optional<unsigned> day_number(std::string_view name) {
  for (unsigned day = 0; day < kDayNames.size(); ++day) {
    if (kDayNames[day] == name) return day;
  }
  return std::nullopt;
}

/// "Monday", "weekend", "mo": what people write who have not read the manual.
std::string_view meant_days(std::string_view word) {
  const auto lower = lower_ascii(word.substr(0, 16));
  if (lower.starts_with("weekday") || lower.starts_with("workday")) return "mon-fri";
  if (lower.starts_with("weekend")) return "sat-sun";
  if (lower.starts_with("every") || lower == "always" || lower == "all") return kDaily;
  if (lower.size() < 2) return {};
  for (const auto name : kDayNames) {
    if (lower.starts_with(name) || name.starts_with(lower)) return name;
  }
  std::array<std::string_view, kDayNames.size() + 1> candidates{kDaily};
  std::copy(kDayNames.begin(), kDayNames.end(), candidates.begin() + 1);
  return closest_match(lower, candidates).value_or(std::string_view{});
}

std::string unknown_day(std::string_view word) {
  const auto meant = meant_days(word);
  if (!meant.empty()) return fmt::format("unknown day {}: did you mean \"{}\"?", in_quotes(word), meant);
  return fmt::format("unknown day {}: {}", in_quotes(word), kDaysExample);
}

/// One day or one range of them.
Result<std::uint8_t, std::string> parse_day_range(std::string_view text) {
  if (text == kDaily) return kEveryDay;
  const auto dash = text.find('-');
  const auto first_name = text.substr(0, dash);
  const auto last_name = dash == std::string_view::npos ? first_name : text.substr(dash + 1);
  const auto first = day_number(first_name);
  const auto last = day_number(last_name);
  if (!first) return fail(unknown_day(first_name));
  if (!last) return fail(unknown_day(last_name));
  unsigned mask = 1U << *last;
  for (unsigned day = *first; day != *last; day = (day + 1) % 7) mask |= 1U << day;
  return static_cast<std::uint8_t>(mask);
}

/// "08:30"; 24:00 is the end of a day.
std::optional<minutes> parse_time(std::string_view text) {
  const auto digit = [&](std::size_t at) { return static_cast<unsigned char>(text[at] - '0'); };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t at : {0U, 1U, 3U, 4U}) {
    if (digit(at) > 9) return std::nullopt;
  }
  const auto time = std::chrono::hours{digit(0) * 10 + digit(1)} + minutes{digit(3) * 10 + digit(4)};
  if (digit(3) > 5 || time > kMidnight) return std::nullopt;
  return time;
}

std::string time_to_text(minutes time) { return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60); }

void add_range(std::string& text, unsigned first, unsigned length) {
  if (!text.empty()) text += ", ";
  text += kDayNames[first];
  if (length > 1) text.append("-").append(kDayNames[(first + length - 1) % 7]);
}

}  // namespace

Result<std::uint8_t, std::string> parse_days(std::string_view text) {
  if (trimmed(text, kBlank).empty()) return fail(fmt::format("no day is named: {}", kDaysExample));
  unsigned mask = 0;
  while (true) {
    const auto comma = text.find(',');
    const auto range = parse_day_range(trimmed(text.substr(0, comma), kBlank));
    if (!range) return range;
    mask |= *range;
    if (comma == std::string_view::npos) return static_cast<std::uint8_t>(mask);
    text.remove_prefix(comma + 1);
  }
}

Result<TimeRange, std::string> parse_time_range(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return fail(fmt::format("{} is no range of time: {}", in_quotes(text), kTimeExample));
  const auto from = parse_time(text.substr(0, dash));
  const auto to = parse_time(text.substr(dash + 1));
  if (!from || !to) {
    const auto bad = from ? text.substr(dash + 1) : text.substr(0, dash);
    return fail(
        fmt::format("{} is no time of day, two digits each from 00:00 to 24:00: {}", in_quotes(bad), kTimeExample));
  }
  if (*from == kMidnight) {
    return fail(fmt::format("24:00 ends a day and begins none: write \"00:00-{}\"", time_to_text(*to)));
  }
  if (*from == *to) {
    return fail(fmt::format("{} begins and ends at the same time: the whole day is \"00:00-24:00\"", in_quotes(text)));
  }
  return TimeRange{*from, *to};
}

std::string days_to_text(std::uint8_t days) {
  const auto has = [days](unsigned day) { return ((days >> (day % 7)) & 1U) != 0; };
  if ((days & kEveryDay) == kEveryDay) return std::string{kDaily};
  std::string text;
  for (unsigned day = 0; day < 7; ++day) {
    if (!has(day) || has(day + 6)) continue;  // a range begins where the day before is not in it
    unsigned length = 1;
    while (has(day + length)) ++length;
    add_range(text, day, length);
  }
  return text;
}

std::string time_range_to_text(minutes from, minutes to) { return time_to_text(from) + '-' + time_to_text(to); }

}  // namespace sallyport
