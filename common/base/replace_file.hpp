#pragma once

#include "common/base/file.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// As write_file_atomically(), without a word to the disk: every process finds the old file or the new one, whole,
/// however this one ends. Only a power cut may leave either, or one that is empty or all zeros. For what is worth
/// nothing after it.
[[nodiscard]] Result<void, FileError> replace_file(const std::string& path, std::string_view content, mode_t mode);

}  // namespace sallyport
