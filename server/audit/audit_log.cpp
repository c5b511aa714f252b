#include "server/audit/audit_log.hpp"

#include "common/base/hex.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

/// Less left on the disk counts as full: what else the gateway must write needs room too.
constexpr std::size_t kLeastFree = 64U << 10U;
/// What a line has beside the record in it.
constexpr std::size_t kChainSize = 120;
/// Records are seldom longer: what is written next does not reach into the reserve.
constexpr std::size_t kLongestObject = 4096;

FileError from_errno(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

Result<void, FileError> rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return {};
  return fail(from_errno(from, "cannot be renamed"));
}

}  // namespace

Result<void, FileError> write_head_file(const std::string& path, std::string_view line, const std::string& file) {
  return write_file_atomically(path, std::string{line} + '\n' + file + '\n', 0600);
}

Result<void, FileError> AuditLog::append(const AuditRecord& record) {
  if (auto paid = pay_findings(); !paid) return paid;
  return write(record);
}

Result<void, FileError> AuditLog::pay_findings() {
  while (!owed_.empty()) {
    if (auto written = write(owed_.front()); !written) return written;
    owed_.erase(owed_.begin());
  }
  return {};
}

/// `written`: where the line goes, without its end.
Result<void, FileError> AuditLog::write(const AuditRecord& record, std::string* written) {
  const auto object = to_json_line(record);
  const auto size = file_->size();
  // A head belongs to what is before it.
  const bool is_full = size != 0 && size + object.size() + kChainSize > limits_.file_size && record.event != kHeadEvent;
  if (is_full) {
    auto set = set_aside(record.time);
    rotation_problem_ = set ? std::nullopt : std::optional{set.error()};
  }
  ChainEnd next = end_;
  auto line = chain_line(next, object);
  if (!line) return fail(FileError{file_->path(), line.error().words});
  if (written != nullptr) *written = line->substr(0, line->size() - 1);
  if (auto appended = file_->append(std::move(*line)); !appended) return appended;
  end_ = next;
  if (first_ == 0) first_ = end_.sequence;
  return {};
}

Result<void, FileError> AuditLog::sign(WallTime now) {
  if (auto paid = pay_findings(); !paid) return paid;
  return add_head(now);
}

Result<void, FileError> AuditLog::add_head(WallTime now) {
  if (!needs_head()) return {};
  const auto time = format_utc(now);
  const auto signature = key_->sign(as_bytes(head_statement(end_.sequence + 1, end_.digest, time)));
  if (!signature) return fail(FileError{places_.key, signature.error().words});
  AuditRecord record;
  record.time = now;
  record.event = kHeadEvent;
  record.texts = {{"key", key_id_}, {"signature", to_hex(*signature)}};
  std::string line;
  if (auto done = write(record, &line); !done) return done;
  head_ = std::move(line);
  head_sequence_ = end_.sequence;
  return {};
}

Result<void, FileError> AuditLog::flush() {
  if (::fdatasync(file_->fd()) == 0) return {};
  return fail(from_errno(file_->path(), "does not reach the disk"));
}

Result<void, FileError> AuditLog::settle(WallTime now) {
  if (auto paid = pay_findings(); !paid) return paid;
  return seal(now);
}

/// Without what is owed: paying it may be what sets the file aside.
Result<void, FileError> AuditLog::seal(WallTime now) {
  if (auto done = add_head(now); !done) return done;
  if (auto done = flush(); !done) return done;
  return store_head();
}

Result<void, FileError> AuditLog::store_head() {
  if (head_.empty()) return {};
  if (auto done = write_head_file(places_.head, head_, places_.file); !done) return done;
  return give(places_.head);
}

/// Root's tool writes for the gateway's user.
Result<void, FileError> AuditLog::give(const std::string& path) const {
  if (!owner_) return {};
  // The directory may be the other user's: what is given must be our file, not a second name for somebody else's.
  const FileDescriptor file{::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return fail(from_errno(path, "cannot be examined"));
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
    return fail(FileError{path, "was replaced while it was written"});
  if (::fchownat(file.get(), "", owner_->user, owner_->group, AT_EMPTY_PATH) == 0) return {};
  return fail(from_errno(path, "cannot be given to the gateway's user"));
}

FileDescriptor AuditLog::duplicate() const noexcept { return FileDescriptor{::fcntl(file_->fd(), F_DUPFD_CLOEXEC, 0)}; }

/// The old file ends with a head and is on disk before a new one begins.
Result<void, FileError> AuditLog::set_aside(WallTime now) {
  if (first_ == 0) return {};
  if (auto done = seal(now); !done) return done;
  const auto name = name_set_aside(places_.file, first_);
  if (::access(name.c_str(), F_OK) == 0) return fail(FileError{name, "is there already; move it away"});
  // What was kept in reserve behind its end goes back to the disk.
  static_cast<void>(::ftruncate(file_->fd(), static_cast<off_t>(file_->size())) == 0);
  if (auto renamed = rename_file(places_.file, name); !renamed) return renamed;
  file_->follow_rename(name);
  if (auto done = go_on_at(places_.file); !done) {
    if (rename_file(name, places_.file)) file_->follow_rename(places_.file);
    return done;
  }
  drop_oldest(now);
  return {};
}

/// A new, empty file.
Result<void, FileError> AuditLog::go_on_at(const std::string& path) {
  auto file = AppendFile::open(path, owner_ ? std::optional{owner_->user} : std::nullopt);
  if (!file) return fail(file.error());
  if (auto given = give(path); !given) return given;
  // Without this the file itself may be lost by a power cut.
  const FileDescriptor directory{
      ::open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory) ::fsync(directory.get());
  file_.emplace(std::move(*file));
  first_ = 0;
  reserved_to_ = 0;
  // What the file of before gave back is taken at once. If somebody was faster, check() says so.
  static_cast<void>(reserve(limits_.reserve + kChainSize + kLongestObject));
  return {};
}

/// Said and signed before it is done: records that are gone without a word are missing.
void AuditLog::drop_oldest(WallTime now) {
  auto names = files_set_aside(places_.file);
  if (!names || limits_.files == 0) return;
  for (std::size_t i = 0; i + limits_.files <= names->size(); ++i) {
    const auto& name = (*names)[i];
    const auto own = first_ != 0 ? first_ : end_.sequence + 1;
    const auto next = i + 1 < names->size() ? *first_in_name(places_.file, (*names)[i + 1]) : own;
    AuditRecord record;
    record.time = now;
    record.event = "audit.dropped";
    record.counts = {{"first", *first_in_name(places_.file, name)}, {"last", next - 1}};
    record.reason = name.substr(name.rfind('/') + 1) + ": more files are there than are kept";
    if (!write(record) || !add_head(now) || !flush()) return;
    ::unlink(name.c_str());
  }
}

Result<void, FileError> AuditLog::check(WallTime now) {
  if (auto done = follow_place(now); !done) return done;
  return keep_room();
}

Result<void, FileError> AuditLog::follow_place(WallTime now) {
  struct stat ours {};
  struct stat there {};
  if (::fstat(file_->fd(), &ours) != 0) return fail(from_errno(places_.file, "cannot be examined"));
  const bool is_there = ::lstat(places_.file.c_str(), &there) == 0;
  if (!is_there && errno != ENOENT) return fail(from_errno(places_.file, "cannot be examined"));
  if (is_there && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino) return {};
  if (is_there) {
    const auto aside = put_aside(places_.file, places_.file + "~foreign");
    if (!aside) return fail(aside.error());
  }
  if (ours.st_nlink == 0) return restore(now);
  if (auto done = go_on_at(places_.file); !done) return done;
  find("audit.moved", "the file was renamed by somebody else; this one goes on", now);
  return pay_findings();
}

/// The descriptor still has all of it.
Result<void, FileError> AuditLog::restore(WallTime now) {
  const auto path = places_.file + "~restoring";
  ::unlink(path.c_str());
  auto copy = AppendFile::open(path, owner_ ? std::optional{owner_->user} : std::nullopt);
  if (!copy) return fail(copy.error());
  auto left = file_->size();
  off_t offset = 0;
  while (left > 0) {
    // O_APPEND is no place for copy_file_range: read and write.
    char chunk[1U << 16U];
    const ssize_t n = ::pread(file_->fd(), chunk, std::min(left, sizeof chunk), offset);
    if (n <= 0 || ::write(copy->fd(), chunk, static_cast<std::size_t>(n)) != n) {
      const auto error = from_errno(path, "cannot be written");
      ::unlink(path.c_str());
      return fail(error);
    }
    offset += n;
    left -= static_cast<std::size_t>(n);
  }
  if (auto given = give(path); !given) return given;
  if (auto renamed = rename_file(path, places_.file); !renamed) return renamed;
  copy->follow_rename(places_.file);
  file_.emplace(std::move(*copy));
  reserved_to_ = 0;
  find("audit.restored", "the file was deleted or replaced; what it held was written again", now);
  return pay_findings();
}

/// False, with errno: the disk has not so much. True also where the file system cannot promise any.
bool AuditLog::reserve(std::size_t room) {
  const auto size = file_->size();
  const auto wanted = size + kChainSize + kLongestObject + limits_.reserve;
  if (wanted <= reserved_to_) return true;
  if (::fallocate(file_->fd(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size), static_cast<off_t>(room)) == 0) {
    reserved_to_ = size + room;
    return true;
  }
  can_reserve_ = errno != EOPNOTSUPP && errno != ENOSYS;
  return !can_reserve_;
}

Result<void, FileError> AuditLog::keep_reserve() {
  const bool is_there = !can_reserve_ || file_->size() + kChainSize + kLongestObject + limits_.reserve <= reserved_to_;
  return is_there ? Result<void, FileError>{} : keep_room();
}

/// A disk that is nearly full is noticed while there is still room for the last records.
Result<void, FileError> AuditLog::keep_room() {
  struct statvfs disk {};
  if (::fstatvfs(file_->fd(), &disk) != 0) return fail(from_errno(file_->path(), "cannot be examined"));
  if ((disk.f_flag & ST_RDONLY) != 0) return fail(FileError{file_->path(), "lies on a file system that is read-only"});
  // More than is asked, where there is more, so that it is seldom done.
  const auto least = limits_.reserve + kChainSize + kLongestObject;
  if (!reserve(2 * least) && !reserve(least)) return fail(from_errno(file_->path(), "has no room for more records"));
  if (static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize >= kLeastFree) return {};
  return fail(FileError{file_->path(), "lies on a disk that is full"});
}

void AuditLog::find(const char* event, std::string words, WallTime now) {
  AuditRecord record;
  record.time = now;
  record.event = event;
  record.reason = std::move(words);
  findings_.push_back(record);
  owed_.push_back(std::move(record));
}

}  // namespace sallyport
