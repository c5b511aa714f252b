#pragma once

#include "common/base/trimmed.hpp"

#include <string_view>

namespace sallyport {

/// Calls `take` with each line, without its end.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    take(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

/// The next part up to `separator`, taken off `rest`.
[[nodiscard]] inline std::string_view take_part(std::string_view& rest, char separator) noexcept {
  const auto end = rest.find(separator);
  const auto part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

}  // namespace sallyport
