#pragma once

#include "common/base/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

/// From `at` on, local time is UTC plus `utc`.
struct ZoneChange {
  WallTime at;
  std::chrono::seconds utc{};
};

/// The clocks of a zone for all years after those listed in its file: a POSIX TZ string ("CET-1CEST,M3.5.0,M10.5.0/3")
/// with the wider hours of RFC 8536, section 3.3.1.
class ZoneRule {
 public:
  [[nodiscard]] static std::optional<ZoneRule> parse(std::string_view text);

  [[nodiscard]] bool changes() const noexcept { return summer_.has_value(); }
  /// Both changes that local dates of this year bring, in the order of time. Requires changes().
  [[nodiscard]] std::array<ZoneChange, 2> changes_in(std::chrono::year year) const;

 private:
  friend class ZoneRuleParser;

  struct Moment {
    enum class Form : std::uint8_t { DayWithoutLeap, DayWithLeap, WeekdayOfMonth };
    Form form{};
    unsigned day = 0;  ///< 1..365, 0..365, or 0 (Sunday)..6
    unsigned week = 0;
    unsigned month = 0;
    std::chrono::seconds time{};  ///< after local midnight; may be negative or past the day
    [[nodiscard]] std::chrono::sys_days date_in(std::chrono::year year) const;
  };
  struct Summer {
    std::chrono::seconds utc{};
    Moment begin;
    Moment end;
  };

  std::chrono::seconds standard_{};
  std::optional<Summer> summer_;
};

}  // namespace sallyport
