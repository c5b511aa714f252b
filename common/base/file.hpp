#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace sallyport {

/// Why a file could not be used, in words a person can act on ("/x/key.pem: readable by others; chmod 600 ...").
struct FileError {
  std::string path;
  std::string message;
};
[[nodiscard]] std::string to_string(const FileError& error);

inline constexpr std::size_t kMaxFileSize = 16U << 20U;

/// Reads a whole regular file of at most `limit` bytes.
[[nodiscard]] Result<std::string, FileError> read_file(const std::string& path, std::size_t limit = kMaxFileSize);

/// Reads a secret: regular file, not a link, owned by this user or root (for root: or by the owner of
/// the directory it lies in), mode 0600 or stricter.
[[nodiscard]] Result<std::string, FileError> read_secret_file(const std::string& path,
                                                              std::size_t limit = kMaxFileSize);

/// Refuses a file or directory that another user owns, or that group or others may write (configuration, policy,
/// trust).
[[nodiscard]] Result<void, FileError> require_trusted_path(const std::string& path);

/// Replaces `path` in one step: temporary file beside it, fsync, rename. Never leaves half a file.
[[nodiscard]] Result<void, FileError> write_file_atomically(const std::string& path, std::string_view content,
                                                            mode_t mode = 0644);

/// mkdir -p with `mode` for the directories it makes.
[[nodiscard]] Result<void, FileError> make_directories(const std::string& path, mode_t mode = 0755);

}  // namespace sallyport
