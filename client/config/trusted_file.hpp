#pragma once

#include "common/base/file.hpp"

#include <sys/stat.h>

#include <string>

namespace sallyport {

/// What of a file decides whether it may steer a root daemon.
struct FileStanding {
  uid_t owner;
  mode_t mode;
};

/// Why nobody should follow a file of this standing in a directory of that one; empty when all is well.
/// `self` is the user this process runs as: it and root are trusted. A sticky directory protects files in it.
[[nodiscard]] std::string reason_to_distrust(const FileStanding& file, const FileStanding& directory, uid_t self);

/// Refuses a file that somebody besides root and this process's user could write or replace.
[[nodiscard]] Result<void, FileError> require_trusted_file(const std::string& path);

}  // namespace sallyport
