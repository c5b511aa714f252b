#include "server/history/policy_install.hpp"

#include "server/history/install_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kPrivateMode = 0700;
constexpr std::size_t kMaxMarker = 4096;
constexpr const char* kStaged = ".apply-new";
constexpr const char* kLock = ".apply-lock";

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Root works here by names of files: whoever may change what those stand for would choose where root writes.
Result<void, FileError> require_own(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return fail(failure_at(directory, "cannot be examined"));
  if (::geteuid() != 0 || status.st_uid == 0) return {};
  return fail(FileError{directory, "belongs to another user, and root changes no files there; run: chown root " +
                                       directory + ", or run this command as that user"});
}

bool exists(const std::string& path) noexcept {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<void, FileError> move_to(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail(failure_at(to, "cannot be put in place"));
  return {};
}

/// Empty, and closed to others.
Result<void, FileError> make_empty(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error || ::mkdir(path.c_str(), kPrivateMode) != 0) return fail(failure_at(path, "cannot be made"));
  return {};
}

/// Nullopt: the files that are there make no policy.
std::optional<PolicyDigest> digest_in(const std::string& directory) {
  auto texts = policy_texts(directory);
  auto packed = texts ? pack_policy(std::move(*texts)) : fail(std::string{});
  return packed ? std::optional{packed->digest} : std::nullopt;
}

/// For a new file: those of the files beside it.
FileRights rights_beside(const std::string& directory) {
  const FileRights usual{0644, ::geteuid(), ::getegid()};
  const auto names = policy_names(directory);
  if (!names || names->empty()) return usual;
  const auto found = rights_of_plain_file(directory + '/' + names->front());
  return found && *found ? **found : usual;
}

}  // namespace

bool is_half_installed(const std::string& directory) {
  struct stat status {};
  // Whatever keeps the marker from being seen keeps the files from being read too, or must not let them count.
  return ::lstat((directory + '/' + kInstallMarker).c_str(), &status) == 0 ||
         (errno != ENOENT && errno != ENOTDIR && errno != EACCES);
}

std::optional<PolicyDigest> digest_under_way(const std::string& directory) {
  auto text = read_file(directory + '/' + kInstallMarker, kMaxMarker);
  if (!text || !text->ends_with('\n')) return std::nullopt;
  text->pop_back();
  return is_policy_digest(*text) ? std::optional{PolicyDigest{*text}} : std::nullopt;
}

Result<PolicyInstall, FileError> PolicyInstall::put(const std::string& directory, const std::vector<PolicyFile>& files,
                                                    const std::optional<PolicyDigest>& running) {
  if (auto made = make_directories(directory, kDirectoryMode); !made) return fail(made.error());
  if (auto trusted = require_trusted_path(directory); !trusted) return fail(trusted.error());
  if (auto own = require_own(directory); !own) return fail(own.error());
  PolicyInstall install{directory};
  if (auto locked = install.lock(); !locked) return fail(locked.error());
  if (auto ready = install.prepare(files, running); !ready) return fail(ready.error());
  if (install.changed_nothing_) return install;
  auto placed = install.place(files);
  if (placed) return install;
  auto error = placed.error();
  if (auto back = install.restore(); !back)
    error.message += "; the files from before are in " + install.path(kBeforeApply);
  return fail(error);
}

Result<void, FileError> PolicyInstall::undo() const {
  if (changed_nothing_) return {};
  if (digest_in(directory_) != digest_) {
    return fail(FileError{directory_,
                          "somebody else changed the files meanwhile; those from before are in " + path(kBeforeApply)});
  }
  return restore();
}

Result<void, FileError> PolicyInstall::settle() const {
  if (changed_nothing_) return {};
  if (auto done = unmark(); !done) return done;
  clear();
  return {};
}

Result<void, FileError> PolicyInstall::lock() {
  const auto name = path(kLock);
  lock_.reset(::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock_) return fail(failure_at(name, "cannot be opened"));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return fail(failure_at(name, "cannot be locked"));
  return fail(FileError{directory_, "another sallyportctl policy apply is under way; try again in a moment"});
}

/// Everything that may fail for want of room or rights, before anything is different for a gateway.
Result<void, FileError> PolicyInstall::prepare(const std::vector<PolicyFile>& files,
                                               const std::optional<PolicyDigest>& running) {
  auto packed = pack_policy(files);
  if (!packed) return fail(FileError{directory_, packed.error()});
  digest_ = packed->digest;
  const auto present = digest_in(directory_);
  const auto under_way = digest_under_way(directory_);
  if (under_way && running == under_way && present == under_way) {
    if (auto done = unmark(); !done) return done;
  }
  const bool was_half = is_half_installed(directory_);
  changed_nothing_ = !was_half && present == digest_;
  if (changed_nothing_) return {};
  const bool is_kept = was_half && exists(path(kBeforeApply));
  has_way_back_ = !was_half || is_kept;
  auto done = is_kept ? Result<void, FileError>{} : back_up();
  if (done) done = stage(files);
  if (done) return done;
  std::error_code ignored;
  fs::remove_all(path(kStaged), ignored);
  if (!is_kept) fs::remove_all(path(kBeforeApply), ignored);
  return done;
}

/// By second names of the same files: takes no room, and nothing is missing meanwhile.
Result<void, FileError> PolicyInstall::back_up() const {
  const auto names = policy_names(directory_);
  if (!names) return fail(names.error());
  for (const auto& name : *names) {
    if (auto plain = rights_of_plain_file(path(name)); !plain) return fail(plain.error());
  }
  if (auto made = make_empty(path(kBeforeApply)); !made) return made;
  for (const auto& name : *names) {
    const auto kept = path(kBeforeApply) + '/' + name;
    if (::link(path(name).c_str(), kept.c_str()) != 0) return fail(failure_at(kept, "cannot be kept"));
  }
  sync_directory(path(kBeforeApply));
  return {};
}

Result<void, FileError> PolicyInstall::stage(const std::vector<PolicyFile>& files) const {
  if (auto made = make_empty(path(kStaged)); !made) return made;
  const FileRights usual = rights_beside(directory_);
  for (const auto& file : files) {
    const auto name = name_without_directory(file.name);
    const auto present = rights_of_plain_file(path(name));
    if (!present) return fail(present.error());
    const auto text = *present ? read_file(path(name), kMaxPolicyFileSize) : fail(FileError{});
    if (text && *text == file.text) continue;
    // Who may read a policy is nothing that its new text changes.
    if (auto done = write_new_file(path(kStaged) + '/' + name, file.text, present->value_or(usual)); !done) return done;
  }
  return write_new_file(path(kStaged) + '/' + kInstallMarker, digest_.text() + '\n', {0644, ::geteuid(), ::getegid()});
}

Result<void, FileError> PolicyInstall::place(const std::vector<PolicyFile>& files) const {
  if (auto marked = move_to(path(kStaged) + '/' + kInstallMarker, path(kInstallMarker)); !marked) return marked;
  sync_directory(directory_);
  std::vector<std::string> wanted;
  for (const auto& file : files) wanted.push_back(name_without_directory(file.name));
  const auto staged = policy_names(path(kStaged));
  const auto present = policy_names(directory_);
  if (!staged || !present) return fail(staged ? present.error() : staged.error());
  for (const auto& name : *staged) {
    if (auto moved = move_to(path(kStaged) + '/' + name, path(name)); !moved) return moved;
  }
  for (const auto& name : *present) {
    if (!has(wanted, name) && ::unlink(path(name).c_str()) != 0 && errno != ENOENT)
      return fail(failure_at(path(name), "cannot be removed"));
  }
  sync_directory(directory_);
  return {};
}

/// Second names and renames alone. Goes on past errors: what is back is one file less to mend. The kept files stay
/// until all is done, so that whoever is killed here can be followed by another.
Result<void, FileError> PolicyInstall::restore() const {
  const auto kept = policy_names(path(kBeforeApply));
  const auto present = policy_names(directory_);
  if (!kept || !present) return fail(kept ? present.error() : kept.error());
  auto outcome = make_empty(path(kStaged));
  if (!outcome) return outcome;
  for (const auto& name : *kept) {
    const auto second = path(kStaged) + '/' + name;
    const bool is_back = ::link((path(kBeforeApply) + '/' + name).c_str(), second.c_str()) == 0 &&
                         ::rename(second.c_str(), path(name).c_str()) == 0;
    if (!is_back && outcome) outcome = fail(failure_at(path(name), "cannot be put back"));
  }
  for (const auto& name : *present) {
    if (has(*kept, name) || ::unlink(path(name).c_str()) == 0 || errno == ENOENT) continue;
    if (outcome) outcome = fail(failure_at(path(name), "cannot be removed"));
  }
  sync_directory(directory_);
  if (outcome && has_way_back_) outcome = unmark();
  if (outcome) clear();
  return outcome;
}

Result<void, FileError> PolicyInstall::unmark() const {
  if (::unlink(path(kInstallMarker).c_str()) != 0 && errno != ENOENT)
    return fail(failure_at(path(kInstallMarker), "cannot be removed"));
  sync_directory(directory_);
  return {};
}

void PolicyInstall::clear() const {
  std::error_code ignored;
  fs::remove_all(path(kStaged), ignored);
  fs::remove_all(path(kBeforeApply), ignored);
}

}  // namespace sallyport
