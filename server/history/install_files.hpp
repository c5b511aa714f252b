#pragma once

#include "common/base/file.hpp"
#include "server/policy/loader.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Who may do what with a file.
struct FileRights {
  mode_t mode = 0644;
  uid_t owner = 0;
  gid_t group = 0;
};

[[nodiscard]] FileError failure_at(const std::string& path, const char* what);
[[nodiscard]] std::string name_without_directory(const std::string& path);

/// Of policy files and links to such in `directory`, in order.
[[nodiscard]] Result<std::vector<std::string>, FileError> policy_names(const std::string& directory);
/// The same with their texts; named without directory.
[[nodiscard]] Result<std::vector<PolicyFile>, FileError> policy_texts(const std::string& directory);

/// Nullopt: nothing is there. A link or anything else that is no plain file is an error.
[[nodiscard]] Result<std::optional<FileRights>, FileError> rights_of_plain_file(const std::string& path);

/// A new file with `rights` from its first moment under `path`, and on disk.
[[nodiscard]] Result<void, FileError> write_new_file(const std::string& path, std::string_view text,
                                                     const FileRights& rights);
void sync_directory(const std::string& path) noexcept;

}  // namespace sallyport
