#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

struct ShapeFault {
  std::uint32_t line = 0;
  std::string message;
};

/// What the parser cannot be trusted with: brackets or dotted keys that nest deeper than any policy needs (it would
/// build a tree whose destruction recurses as deep as the writer likes), and letters beyond ASCII outside of strings
/// and comments (it takes them for impossible).
[[nodiscard]] std::optional<ShapeFault> find_shape_fault(std::string_view toml);

}  // namespace sallyport
