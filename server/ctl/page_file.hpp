#pragma once

#include "common/base/file.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// Writes what only its reader should see. A plain file is replaced in one step and keeps its mode; a new one is
/// readable by its owner alone. What is there and no plain file (a link, a pipe, /dev/stdout) is written into, as a
/// shell would.
[[nodiscard]] Result<void, FileError> write_page_file(const std::string& path, std::string_view content);

}  // namespace sallyport
