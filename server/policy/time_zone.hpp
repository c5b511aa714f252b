#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "server/policy/zone_file.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

struct TimeZoneError {
  std::string message;  ///< what is wrong
  std::string hint;     ///< what to write instead
};

/// The rules of one IANA time zone as plain data: immutable, no file is read after load().
class TimeZone {
 public:
  /// Reads the system's zone database afresh (Debian package tzdata), so that a reload of the policy sees new rules.
  [[nodiscard]] static Result<std::shared_ptr<const TimeZone>, TimeZoneError> load(std::string_view name);
  /// nullopt when the file gives a rule that cannot be read, or knows nothing after 1970.
  [[nodiscard]] static std::optional<TimeZone> from_file(std::string name, const ZoneFile& file);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Local time is UTC plus `utc` in [begin, end).
  struct Offset {
    WallTime begin;
    WallTime end;
    std::chrono::seconds utc{};
  };
  /// nullopt beyond what is known: before 1970, from 2200 on, and after the end of a file without a rule.
  [[nodiscard]] std::optional<Offset> at(WallTime now) const noexcept;
  /// The first second after `now` at which something is known; kNever from the end of what is known on.
  [[nodiscard]] WallTime known_again(WallTime now) const noexcept;

 private:
  TimeZone(std::string name, std::vector<Offset> offsets) : name_{std::move(name)}, offsets_{std::move(offsets)} {}

  std::string name_;
  std::vector<Offset> offsets_;  ///< without gaps, ascending, neighbours differ; never empty
};

}  // namespace sallyport
