#include "server/history/policy_install.hpp"

#include "common/base/file_descriptor.hpp"

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

constexpr mode_t kDirectoryMode = 0755;

FileError failed(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

std::string base_name(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

void sync_directory(const std::string& path) noexcept {
  const FileDescriptor fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd) ::fsync(fd.get());
}

/// Policy files and links to such, in order.
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

}  // namespace

bool is_half_installed(const std::string& directory) {
  return ::access((directory + '/' + kInstallMarker).c_str(), F_OK) == 0;
}

Result<PolicyInstall, FileError> PolicyInstall::put(const std::string& directory,
                                                    const std::vector<PolicyFile>& files) {
  if (auto made = make_directories(directory, kDirectoryMode); !made) return fail(made.error());
  PolicyInstall install{directory};
  if (auto planned = install.plan(files); !planned) return fail(planned.error());
  auto done = install.carry_out(false);
  if (done) return install;
  // The marker stays when even this fails: nobody knows then what the directory holds.
  (void)install.undo();
  return fail(done.error());
}

Result<void, FileError> PolicyInstall::undo() const {
  PolicyInstall back{directory_};
  for (const auto& step : steps_) back.steps_.push_back({step.path, step.after, step.before});
  return back.carry_out(was_half_);
}

Result<PolicyInstall::Content, FileError> PolicyInstall::read(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return fail(failed(path, "cannot be examined"));
  if (!S_ISREG(status.st_mode)) {
    return fail(FileError{path,
                          "is no plain file, and would become one; change what it stands for, then run: sallyportctl "
                          "policy apply"});
  }
  auto text = read_file(path, kMaxPolicyFileSize);
  if (!text) return fail(text.error());
  return Content{std::move(*text), status.st_mode & 07777U, status.st_uid, status.st_gid};
}

Result<void, FileError> PolicyInstall::plan(const std::vector<PolicyFile>& files) {
  std::vector<std::string> kept;
  for (const auto& file : files) {
    kept.push_back(base_name(file.name));
    const auto path = directory_ + '/' + kept.back();
    Content content{file.text, 0644, ::geteuid(), ::getegid()};
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
      steps_.push_back({path, std::nullopt, std::move(content)});
      continue;
    }
    auto before = read(path);
    if (!before) return fail(before.error());
    if (before->text == file.text) continue;
    // Who may read a policy is nothing that its new text changes.
    content.mode = before->mode;
    content.owner = before->owner;
    content.group = before->group;
    steps_.push_back({path, std::move(*before), std::move(content)});
  }
  return plan_removals(kept);
}

Result<void, FileError> PolicyInstall::plan_removals(const std::vector<std::string>& kept) {
  const auto names = policy_names(directory_);
  if (!names) return fail(names.error());
  for (const auto& name : *names) {
    if (std::find(kept.begin(), kept.end(), name) != kept.end()) continue;
    auto before = read(directory_ + '/' + name);
    if (!before) return fail(before.error());
    steps_.push_back({directory_ + '/' + name, std::move(*before), std::nullopt});
  }
  return {};
}

Result<void, FileError> PolicyInstall::carry_out(bool ends_half) const {
  const auto marker = directory_ + '/' + kInstallMarker;
  if (!steps_.empty() || ends_half) {
    if (auto marked = write_file_atomically(marker, "", 0644); !marked) return marked;
  }
  for (const auto& step : steps_) {
    if (auto done = set(step.path, step.after); !done) return done;
  }
  sync_directory(directory_);
  if (ends_half) return {};
  if (::unlink(marker.c_str()) != 0 && errno != ENOENT) return fail(failed(marker, "cannot be removed"));
  sync_directory(directory_);
  return {};
}

Result<void, FileError> PolicyInstall::set(const std::string& path, const std::optional<Content>& content) {
  if (!content) {
    struct stat status {};
    const bool is_gone = ::unlink(path.c_str()) == 0 || ::lstat(path.c_str(), &status) != 0;
    return is_gone ? Result<void, FileError>{} : fail(failed(path, "cannot be removed"));
  }
  if (auto written = write_file_atomically(path, content->text, content->mode); !written) return written;
  const bool is_theirs = content->owner != ::geteuid() || content->group != ::getegid();
  if (is_theirs && ::lchown(path.c_str(), content->owner, content->group) != 0)
    return fail(failed(path, "cannot be given back to its owner"));
  return {};
}

}  // namespace sallyport
