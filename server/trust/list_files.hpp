#pragma once

#include "common/base/file.hpp"
#include "common/pki/trust_bundle.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace sallyport {

/// A directory holds at most this many files; further ones are a fault.
inline constexpr std::size_t kMaxFilesInDirectory = 64;

/// The regular files of a directory whose name ends so, by name; `path` itself when it is no directory.
[[nodiscard]] Result<std::vector<std::string>, FileError> files_at(const std::string& path,
                                                                   const std::vector<std::string_view>& endings);

/// What revocation lists a file or directory has. Lists are signed, so it does not matter who may write them; each file
/// is at most `max_size`. A file of a directory that cannot be read is there with its error and spoils no other.
[[nodiscard]] Result<std::vector<OfferedList>, FileError> read_list_files(const std::string& path,
                                                                          std::size_t max_size);

}  // namespace sallyport
