#pragma once

#include "common/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace sallyport {

inline constexpr std::chrono::seconds kLongestAge = std::chrono::days{366};

/// "90s", "5m", "8h", "7d": from one second to kLongestAge. The error is words for a person.
[[nodiscard]] Result<std::chrono::seconds, std::string> parse_age(std::string_view text);

/// What parse_age reads back, in the largest unit that holds it whole.
[[nodiscard]] std::string age_to_text(std::chrono::seconds age);

}  // namespace sallyport
