#pragma once

#include "server/policy/loader.hpp"

namespace sallyport {

/// The texts of every *.toml of `directory` (not below it), in order of name, each named by its path. None when the
/// directory does not exist. Refuses what others may write, and names
/// with control characters; all errors are returned.
[[nodiscard]] Result<std::vector<PolicyFile>, Diagnostics> read_policy_directory(const std::string& directory);

}  // namespace sallyport
