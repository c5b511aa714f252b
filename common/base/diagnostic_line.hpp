#pragma once

#include "common/base/diagnostic.hpp"

#include <string>

namespace sallyport {

/// All of them in one line, for a log.
[[nodiscard]] inline std::string to_line(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += (text.empty() ? "" : "; ") + to_string(diagnostic);
  return text;
}

}  // namespace sallyport
