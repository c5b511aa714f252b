#include "common/base/file.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/base/replace_file.hpp"
#include "common/base/write_all.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sallyport {
namespace {

FileError from_errno(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

/// Of a file that is looked for.
FileError not_found(const std::string& path, const char* what) {
  return errno == ENOENT ? FileError{path, "there is no such file"} : from_errno(path, what);
}

Result<std::string, FileError> read_open_file(int fd, const std::string& path, std::size_t limit) {
  std::string content;
  char chunk[65536];
  while (true) {
    const ssize_t n = ::read(fd, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(from_errno(path, "cannot be read"));
    if (n == 0) return content;
    if (content.size() + static_cast<std::size_t>(n) > limit) return fail(FileError{path, "is too large"});
    content.append(chunk, static_cast<std::size_t>(n));
  }
}

Result<FileDescriptor, FileError> open_regular(const std::string& path, int flags, struct stat& status) {
  FileDescriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags)};
  if (!fd) return fail(not_found(path, errno == ELOOP ? "is a symbolic link" : "cannot be opened"));
  if (::fstat(fd.get(), &status) != 0) return fail(from_errno(path, "cannot be examined"));
  if (!S_ISREG(status.st_mode)) return fail(FileError{path, "is not a regular file"});
  return fd;
}

std::string parent_of(const std::string& path);

/// Root's, this user's, or for root what belongs to the service whose directory it lies in.
bool is_ours(const std::string& path, uid_t owner) {
  if (owner == 0 || owner == ::geteuid()) return true;
  struct stat directory {};
  return ::geteuid() == 0 && ::stat(parent_of(path).c_str(), &directory) == 0 && owner == directory.st_uid;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void, FileError> replace(const std::string& path, std::string_view content, mode_t mode, bool is_synced) {
  std::string temporary = path + ".XXXXXX";
  FileDescriptor fd{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!fd) return fail(from_errno(path, "cannot be written"));
  const bool written = write_all(fd.get(), content) && ::fchmod(fd.get(), mode) == 0 &&
                       (!is_synced || ::fsync(fd.get()) == 0) && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return {};
  const auto error = from_errno(path, "cannot be written");
  ::unlink(temporary.c_str());
  return fail(error);
}

}  // namespace

std::string to_string(const FileError& error) { return error.path + ": " + error.message; }

Result<std::string, FileError> read_file(const std::string& path, std::size_t limit) {
  struct stat status {};
  auto fd = open_regular(path, 0, status);
  if (!fd) return fail(fd.error());
  return read_open_file(fd->get(), path, limit);
}

Result<std::string, FileError> read_secret_file(const std::string& path, std::size_t limit) {
  struct stat status {};
  auto fd = open_regular(path, O_NOFOLLOW, status);
  if (!fd) return fail(fd.error());
  if (!is_ours(path, status.st_uid)) {
    return fail(FileError{path, "belongs to another user; a key must belong to this service's user or root"});
  }
  if ((status.st_mode & 0077U) != 0)
    return fail(FileError{path, "others may read or write it; run: chmod 600 " + path});
  return read_open_file(fd->get(), path, limit);
}

Result<void, FileError> require_trusted_path(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return fail(not_found(path, "cannot be examined"));
  if (!is_ours(path, status.st_uid)) {
    return fail(FileError{path, "belongs to another user, who may change it; run: chown root " + path});
  }
  if ((status.st_mode & 0022U) != 0) return fail(FileError{path, "others may write it; run: chmod go-w " + path});
  return {};
}

Result<void, FileError> write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  if (auto replaced = replace(path, content, mode, true); !replaced) return replaced;
  // Without this the rename itself may be lost by a power cut.
  const FileDescriptor directory{::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory) ::fsync(directory.get());
  return {};
}

Result<void, FileError> replace_file(const std::string& path, std::string_view content, mode_t mode) {
  return replace(path, content, mode, false);
}

Result<void, FileError> make_directories(const std::string& path, mode_t mode) {
  if (path.empty() || path == "/" || path == ".") return {};
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return fail(FileError{path, "is not a directory"});
  }
  if (auto parent = make_directories(parent_of(path), mode); !parent) return parent;
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return fail(from_errno(path, "cannot be made"));
  return {};
}

}  // namespace sallyport
