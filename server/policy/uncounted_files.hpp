#pragma once

#include "common/base/diagnostic.hpp"

#include <string>

namespace sallyport {

/// What lies in a policy directory and does not count, because its name does not end in .toml, each with what to type:
/// a deny rule in it would deny nobody. In order of name, at most 20; the others are counted in a last one. Hidden
/// files, folders and README* are meant to lie there and are left out, and so are files below. None when the directory
/// cannot be read: whoever reads the policy says that.
[[nodiscard]] Diagnostics find_uncounted_files(const std::string& directory);

/// For a person: "FILE: warning: MESSAGE (HINT)".
[[nodiscard]] std::string to_warning(const Diagnostic& uncounted);

}  // namespace sallyport
