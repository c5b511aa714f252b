#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/system_error.hpp"

#include <sys/types.h>

#include <optional>
#include <string>

namespace sallyport {

/// A listening AF_UNIX stream socket and the file that names it; the file goes with the object, if it still is ours.
class LocalSocket {
 public:
  /// Replaces a socket file that nobody listens on; refuses a path that is anything else or in use.
  [[nodiscard]] static Result<LocalSocket, SystemError> listen(const std::string& path, mode_t mode,
                                                               std::optional<gid_t> group);
  LocalSocket(LocalSocket&&) noexcept = default;
  LocalSocket& operator=(LocalSocket&&) = delete;
  ~LocalSocket();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  LocalSocket(FileDescriptor fd, std::string path, dev_t device, ino_t inode) noexcept
      : fd_{std::move(fd)}, path_{std::move(path)}, device_{device}, inode_{inode} {}

  FileDescriptor fd_;
  std::string path_;
  dev_t device_;
  ino_t inode_;
};

}  // namespace sallyport
