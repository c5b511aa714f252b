#pragma once

#include "common/base/file.hpp"

#include <optional>
#include <string>

namespace sallyport {

/// The newest head, as the writer keeps it beside the file.
struct KeptHead {
  std::string line;
  std::string file;  ///< whose head it is
};

/// Nullopt: there is none that can be read.
[[nodiscard]] inline std::optional<KeptHead> read_kept_head(const std::string& path) {
  constexpr std::size_t kMaxSize = 16U << 10U;
  const auto text = read_file(path, kMaxSize);
  if (!text) return std::nullopt;
  const auto end = text->find('\n');
  if (end == std::string::npos || !text->ends_with('\n')) return std::nullopt;
  return KeptHead{text->substr(0, end), text->substr(end + 1, text->size() - end - 2)};
}

}  // namespace sallyport
