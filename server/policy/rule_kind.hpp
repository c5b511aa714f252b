#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport {

enum class RuleKind : std::uint8_t { Allow, Deny };
[[nodiscard]] std::string_view name_of(RuleKind kind) noexcept;  ///< "allow", "deny"

}  // namespace sallyport
