#include "common/log/append_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

FileError from_errno(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

bool ends_in_half_a_line(int fd, off_t size) noexcept {
  char last = '\n';
  return size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

Result<AppendFile, FileError> AppendFile::open(std::string path, std::optional<uid_t> owner) {
  FileDescriptor fd{::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)};
  if (!fd) return fail(from_errno(path, errno == ELOOP ? "is a symbolic link" : "cannot be opened"));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail(from_errno(path, "cannot be examined"));
  if (!S_ISREG(status.st_mode)) return fail(FileError{path, "is not a regular file"});
  if (status.st_uid != owner.value_or(::geteuid()) && status.st_uid != ::geteuid())
    return fail(FileError{path,
                          "belongs to another user than this program runs as: start it as the service does "
                          "(systemctl start), or run: chown"});
  if ((status.st_mode & 0077U) != 0)
    return fail(FileError{path, "others may read or write it; run: chmod 600 " + path});
  return AppendFile{std::move(path), std::move(fd)};
}

Result<void, FileError> AppendFile::append(std::string line) {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) return fail(from_errno(path_, "cannot be examined"));
  if (ends_in_half_a_line(fd_.get(), status.st_size)) line.insert(line.begin(), '\n');
  ssize_t written = -1;
  do {
    written = ::write(fd_.get(), line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) return {};
  if (written >= 0) {
    // Taking the half back is a courtesy to readers: the next record starts a line of its own in any case.
    static_cast<void>(::ftruncate(fd_.get(), status.st_size) == 0);
    errno = ENOSPC;
  }
  return fail(from_errno(path_, "cannot be written"));
}

std::size_t AppendFile::size() const noexcept {
  struct stat status {};
  return ::fstat(fd_.get(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace sallyport
