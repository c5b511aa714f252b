#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <string>

namespace sallyport {

/// "3 d 4 h", "2 h 5 min", "40 s".
[[nodiscard]] std::string readable_duration(std::chrono::seconds duration);
/// "0 B", "1.5 kB", "12 MB": powers of 1000.
[[nodiscard]] std::string readable_octets(std::uint64_t octets);
/// Whether the language that is set can show more than ASCII.
[[nodiscard]] bool shows_utf8();
/// "1 session", "2 sessions".
[[nodiscard]] std::string counted(std::uint64_t count, const char* noun);
/// "2027-02-19 (in 89 d 23 h)", "2026-01-01 (12 d 3 h ago)".
[[nodiscard]] std::string readable_date(WallTime time, WallTime now);

}  // namespace sallyport
