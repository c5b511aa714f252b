#include "server/ctl/page_file.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/base/write_all.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr mode_t kPrivate = 0600;

auto fail_at(const std::string& path) {
  return fail(FileError{path, std::string{"cannot be written: "} + std::strerror(errno)});
}

/// Never makes a file: a link that leads to none is a mistake.
Result<void, FileError> write_into(const std::string& path, std::string_view content) {
  const FileDescriptor fd{::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC)};
  if (!fd) return fail_at(path);
  struct stat status {};
  const bool is_ready = ::fstat(fd.get(), &status) == 0 && (!S_ISREG(status.st_mode) || ::ftruncate(fd.get(), 0) == 0);
  if (!is_ready || !write_all(fd.get(), content)) return fail_at(path);
  return {};
}

}  // namespace

Result<void, FileError> write_page_file(const std::string& path, std::string_view content) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return fail_at(path);
    return write_file_atomically(path, content, kPrivate);
  }
  if (!S_ISREG(status.st_mode)) return write_into(path, content);
  return write_file_atomically(path, content, status.st_mode & 0777U);
}

}  // namespace sallyport
