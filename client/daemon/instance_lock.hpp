#pragma once

#include "common/base/file.hpp"
#include "common/base/file_descriptor.hpp"

#include <string>

namespace sallyport {

/// Held by the one process that may change the network and the journal; the kernel lets go of it when that dies.
class InstanceLock {
 public:
  /// Fails when another process holds it.
  [[nodiscard]] static Result<InstanceLock, FileError> take(const std::string& path);

 private:
  explicit InstanceLock(FileDescriptor fd) noexcept : fd_{std::move(fd)} {}
  FileDescriptor fd_;
};

}  // namespace sallyport
