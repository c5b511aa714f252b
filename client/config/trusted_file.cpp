#include "client/config/trusted_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace sallyport {
namespace {

constexpr mode_t kWritableByOthers = 0022;

std::optional<FileStanding> standing_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileStanding{status.st_uid, status.st_mode};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string reason_to_distrust(const FileStanding& file, const FileStanding& directory, uid_t self) {
  const auto is_trusted = [self](uid_t owner) { return owner == 0 || owner == self; };
  if (!is_trusted(file.owner)) return "belongs to another user; run: chown root";
  if ((file.mode & kWritableByOthers) != 0) return "others may write it; run: chmod go-w";
  if (!is_trusted(directory.owner)) return "is in a directory of another user";
  if ((directory.mode & kWritableByOthers) != 0 && (directory.mode & S_ISVTX) == 0) {
    return "is in a directory that others may write";
  }
  return {};
}

Result<void, FileError> require_trusted_file(const std::string& path) {
  const auto file = standing_of(path);
  if (!file) {
    if (errno == ENOENT) return fail(FileError{path, "there is no such file"});
    return fail(FileError{path, std::string{"cannot be examined: "} + std::strerror(errno)});
  }
  if (!S_ISREG(file->mode)) return fail(FileError{path, "is not a regular file"});
  const auto directory = standing_of(directory_of(path));
  if (!directory) return fail(FileError{path, "is in a directory that cannot be examined"});
  auto reason = reason_to_distrust(*file, *directory, ::geteuid());
  if (!reason.empty()) return fail(FileError{path, std::move(reason)});
  return {};
}

}  // namespace sallyport
