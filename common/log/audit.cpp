#include "common/log/audit.hpp"

#include "common/base/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

FileError from_errno(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

Result<FileDescriptor, FileError> open_for_append(const std::string& path) {
  FileDescriptor fd{::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)};
  if (!fd) return fail(from_errno(path, errno == ELOOP ? "is a symbolic link" : "cannot be opened"));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail(from_errno(path, "cannot be examined"));
  if (!S_ISREG(status.st_mode)) return fail(FileError{path, "is not a regular file"});
  if (status.st_uid != ::geteuid()) return fail(FileError{path, "belongs to another user than this service's"});
  if ((status.st_mode & 0077U) != 0)
    return fail(FileError{path, "others may read or write it; run: chmod 600 " + path});
  return fd;
}

/// A power cut can leave half a line; the next record then starts on a line of its own.
bool ends_in_half_a_line(int fd, off_t size) noexcept {
  char last = '\n';
  return size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

std::string to_json_line(const AuditRecord& record) {
  nlohmann::ordered_json line{{"time", format_utc(record.time)}, {"event", escape_untrusted(record.event)}};
  const auto add = [&line](const char* name, const std::string& value) {
    if (!value.empty()) line.emplace(name, escape_untrusted(value));
  };
  add("user", record.user);
  add("device", record.device);
  add("serial", record.serial);
  if (record.session != SessionId{}) line.emplace("session", static_cast<std::uint64_t>(record.session));
  add("source", record.source);
  add("address", record.address);
  add("destination", record.destination);
  add("verdict", record.verdict);
  add("rule", record.rule);
  add("policy", record.policy);
  if (record.version != 0) line.emplace("version", record.version);
  add("reason", record.reason);
  add("by", record.by);
  add("reference", record.reference);
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

AuditFile::AuditFile(std::string path, FileDescriptor fd) noexcept : path_{std::move(path)}, fd_{std::move(fd)} {}

Result<std::unique_ptr<AuditFile>, FileError> AuditFile::open(std::string path) {
  auto fd = open_for_append(path);
  if (!fd) return fail(fd.error());
  return std::unique_ptr<AuditFile>{new AuditFile{std::move(path), std::move(*fd)}};
}

Result<void, FileError> AuditFile::append(const AuditRecord& record) {
  auto line = to_json_line(record);
  const std::lock_guard lock{mutex_};
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

Result<void, FileError> AuditFile::reopen() {
  auto fd = open_for_append(path_);
  if (!fd) return fail(fd.error());
  const std::lock_guard lock{mutex_};
  fd_ = std::move(*fd);
  return {};
}

}  // namespace sallyport
