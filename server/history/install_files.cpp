#include "server/history/install_files.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/base/write_all.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace sallyport {
namespace {

bool give(int fd, const FileRights& rights) noexcept {
  const bool is_theirs = rights.owner != ::geteuid() || rights.group != ::getegid();
  return (!is_theirs || ::fchown(fd, rights.owner, rights.group) == 0) && ::fchmod(fd, rights.mode) == 0;
}

}  // namespace

FileError failure_at(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

std::string name_without_directory(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Result<std::vector<std::string>, FileError> policy_names(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry{directory, error};
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    auto name = entry->path().filename().string();
    if (name.ends_with(".toml") && !name.starts_with('.')) names.push_back(std::move(name));
  }
  if (error) return fail(FileError{directory, "cannot be read: " + error.message()});
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<PolicyFile>, FileError> policy_texts(const std::string& directory) {
  auto names = policy_names(directory);
  if (!names) return fail(names.error());
  std::vector<PolicyFile> files;
  for (auto& name : *names) {
    auto text = read_file(directory + '/' + name, kMaxPolicyFileSize);
    if (!text) return fail(text.error());
    files.push_back({std::move(name), std::move(*text)});
  }
  return files;
}

Result<std::optional<FileRights>, FileError> rights_of_plain_file(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return fail(failure_at(path, "cannot be examined"));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(FileError{path,
                          "is no plain file, and would become one; change what it stands for, then run: sallyportctl "
                          "policy apply"});
  }
  return FileRights{status.st_mode & 07777U, status.st_uid, status.st_gid};
}

Result<void, FileError> write_new_file(const std::string& path, std::string_view text, const FileRights& rights) {
  const FileDescriptor fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd || !write_all(fd.get(), text) || !give(fd.get(), rights) || ::fsync(fd.get()) != 0)
    return fail(failure_at(path, "cannot be written"));
  return {};
}

void sync_directory(const std::string& path) noexcept {
  const FileDescriptor fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd) ::fsync(fd.get());
}

}  // namespace sallyport
