#pragma once

#include "common/base/ids.hpp"

#include <cstdint>
#include <string>

namespace sallyport {

/// The code that ties an employee's refusal to the administrator's record: "K7Q2-9XPD".
/// Distinct for 2^16 refusals of each of 2^24 sessions; says nothing by itself. Alphabet of Crockford's base 32.
[[nodiscard]] std::string reference_code(SessionId session, std::uint32_t refusal);

}  // namespace sallyport
