#include "client/daemon/instance_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

namespace sallyport {

Result<InstanceLock, FileError> InstanceLock::take(const std::string& path) {
  FileDescriptor fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!fd) return fail(FileError{path, std::string{"cannot be opened: "} + std::strerror(errno)});
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return InstanceLock{std::move(fd)};
  if (errno == EWOULDBLOCK) return fail(FileError{path, "is held by a running sallyportd; stop that one first"});
  return fail(FileError{path, std::string{"cannot be locked: "} + std::strerror(errno)});
}

}  // namespace sallyport
