#pragma once

#include "common/base/ids.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

/// Random octets of one session: without them nobody can tell which codes it will give out.
using CodeKey = std::array<std::byte, 16>;

/// The code that ties an employee's refusal to the administrator's record: "K7Q2-9XPD". 40 bits of a keyed hash, in
/// Crockford's base 32: says nothing by itself, and two refusals share one by chance alone. Empty when no hash can be
/// computed.
[[nodiscard]] std::string reference_code(const CodeKey& key, SessionId session, std::uint64_t refusal);

/// Whether `text` could be one, as it is written.
[[nodiscard]] bool is_reference_code(std::string_view text) noexcept;

/// A code as it is written, of what somebody read aloud or typed: "k7q2 9xpd" is K7Q2-9XPD, and O is 0.
[[nodiscard]] std::string reference_code_of(std::string_view text);

}  // namespace sallyport
