#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

/// The first line on which brackets nest, or a dotted key runs, deeper than any policy needs. Parsing such a text
/// would build a tree whose destruction recurses as deep as the attacker likes.
[[nodiscard]] std::optional<std::uint32_t> find_deep_nesting(std::string_view toml);

}  // namespace sallyport
