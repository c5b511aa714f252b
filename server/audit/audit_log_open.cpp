#include "common/base/hex.hpp"
#include "common/base/text.hpp"
#include "server/audit/audit_log.hpp"
#include "server/audit/kept_head.hpp"
#include "server/audit/scanned_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace sallyport {
namespace {

constexpr auto kBetweenTries = std::chrono::milliseconds{20};
/// An unchained file is hashed whole before it is set aside.
constexpr std::size_t kMaxUnchained = std::size_t{1} << 30U;

FileError from_errno(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

Result<FileDescriptor, FileError> take_lock(const std::string& path, std::chrono::milliseconds patience) {
  FileDescriptor fd{::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd) return fail(from_errno(path, "cannot be opened"));
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail(from_errno(path, "cannot be locked"));
    if (std::chrono::steady_clock::now() >= end)
      return fail(FileError{path,
                            "another process writes the audit file: a gateway runs already (see: systemctl status "
                            "sallyport-gateway), or a sallyportctl is at work"});
    std::this_thread::sleep_for(kBetweenTries);
  }
  return fd;
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<std::unique_ptr<AuditLog>, FileError> AuditLog::open(AuditPlaces places, AuditLimits limits, WallTime now,
                                                            std::optional<AuditOwner> owner) {
  auto lock = take_lock(places.lock, limits.patience);
  if (!lock) return fail(lock.error());
  std::unique_ptr<AuditLog> log{new AuditLog{std::move(places), limits, owner, std::move(*lock)}};
  if (auto given = log->give(log->places_.lock); !given) return fail(given.error());
  if (auto opened = log->open_key(now); !opened) return fail(opened.error());
  if (auto opened = log->open_file(now); !opened) return fail(opened.error());
  // What cannot be recorded now is owed.
  (void)log->pay_findings();
  return log;
}

Result<void, FileError> AuditLog::open_key(WallTime now) {
  const bool is_there = ::access(places_.key.c_str(), F_OK) == 0;
  auto key = is_there ? PrivateKey::load(places_.key) : PrivateKey::generate(KeyKind::Ed25519);
  if (!key) return fail(FileError{places_.key, key.error().words});
  if (key->kind() != KeyKind::Ed25519)
    return fail(FileError{places_.key, "is no Ed25519 key; move it away, and a new one is made"});
  auto id = audit_key_id(key->public_key());
  if (!id) return fail(FileError{places_.key, id.error().words});
  key_id_ = std::move(*id);
  if (!is_there) {
    if (auto stored = key->store(places_.key); !stored) return fail(FileError{places_.key, stored.error().words});
    if (auto given = give(places_.key); !given) return given;
  }
  key_.emplace(std::move(*key));
  const bool is_second = !is_there && ::access(places_.file.c_str(), F_OK) == 0;
  if (is_second) find("audit.key_made", "there was no key; heads are signed by " + key_id_ + " from here on", now);
  return {};
}

Result<void, FileError> AuditLog::open_file(WallTime now) {
  const auto aside = files_set_aside(places_.file);
  if (!aside) return fail(aside.error());
  // The newest of them tells where the chain stands, should the current file say nothing.
  if (!aside->empty()) {
    if (auto done = take_up(aside->back(), false, now); !done) return done;
  }
  if (auto done = take_up(places_.file, true, now); !done) return done;
  if (!file_) {
    if (auto done = go_on_at(places_.file); !done) return done;
  }
  if (auto done = hold_against_head(now); !done) return done;
  note_unsigned(now);
  return {};
}

/// They are signed from here on, which is no word on who wrote them.
void AuditLog::note_unsigned(WallTime now) {
  if (end_.sequence == head_sequence_) return;
  find("audit.unsigned",
       fmt::format("no head of this key covers the records {} to {}: the writer was killed before it signed them, or "
                   "somebody else put them there",
                   head_sequence_ + 1, end_.sequence),
       now);
}

Result<void, FileError> AuditLog::take_up(const std::string& path, bool is_current, WallTime now) {
  AuditVerifier::Options options;
  if (auto added = options.keys.add(key_->public_key()); !added) return fail(FileError{places_.key, added.error()});
  const auto keys = options.keys;
  const auto scanned = scan_audit_file(path, std::move(options));
  if (!scanned) return fail(scanned.error());
  if (!*scanned) return {};
  if ((*scanned)->end.sequence != 0) {
    end_ = (*scanned)->end;
    const auto head = read_known_head((*scanned)->last_head, keys);
    if (head) {
      head_ = (*scanned)->last_head;
      head_sequence_ = head->sequence;
    }
  }
  if (!is_current) return {};
  first_ = (*scanned)->first;
  return mend(**scanned, now);
}

/// Half a line is cut off. What was altered stays as it is, in a file of its own.
Result<void, FileError> AuditLog::mend(const ScannedFile& scanned, WallTime now) {
  const bool is_unchained = scanned.first == 0 && scanned.has_other_lines;
  if (is_unchained) {
    const auto content = read_file(places_.file, kMaxUnchained);
    const auto digest = content ? digest_of_line(*content) : fail(PkiError{});
    const auto name = put_aside(places_.file, places_.file + ".unchained");
    if (!name) return fail(name.error());
    find("audit.set_aside",
         base_name(*name) + ": its lines are not chained; SHA-256 " + (digest ? to_hex(*digest) : "unknown"), now);
    return {};
  }
  // A key that is gone is recorded as such; its heads are no damage.
  const bool is_damaged = scanned.fault && scanned.fault->kind != AuditFaultKind::OtherKey;
  if (is_damaged) {
    const auto name = put_aside(places_.file, name_set_aside(places_.file, scanned.first));
    if (!name) return fail(name.error());
    find("audit.damaged", fmt::format("{}:{}: {}", base_name(*name), scanned.fault->line, scanned.fault->words), now);
    first_ = 0;
    return {};
  }
  auto file = AppendFile::open(places_.file, owner_ ? std::optional{owner_->user} : std::nullopt);
  if (!file) return fail(file.error());
  if (scanned.half_size != 0) {
    if (::ftruncate(file->fd(), static_cast<off_t>(scanned.half_offset)) != 0)
      return fail(from_errno(places_.file, "ends in half a line, which cannot be cut off"));
    find(
        "audit.repaired",
        fmt::format("half a line of {} octets was cut off: {}", scanned.half_size, escape_untrusted(scanned.half, 180)),
        now);
  }
  file_.emplace(std::move(*file));
  return {};
}

/// The head on record was written after what it signs was on disk: fewer records than it says were cut off, and another
/// record in its place is of another history. The chain goes on behind the head, so that both stay visible for ever.
Result<void, FileError> AuditLog::hold_against_head(WallTime now) {
  const auto kept = read_kept_head(places_.head);
  if (!kept) return {};
  const std::string_view line{kept->line};
  AuditKeys keys;
  (void)keys.add(key_->public_key());
  const auto known = read_known_head(line, keys);
  if (!known) return {};
  if (kept->file != places_.file) {
    find("audit.moved", fmt::format("records went to {} up to the head of number {}", kept->file, known->sequence),
         now);
    return {};
  }
  const auto there = digest_of_record(places_.file, known->sequence);
  if (!there) return fail(there.error());
  const bool is_truncated = known->sequence > end_.sequence;
  if (!is_truncated && *there == known->digest) return {};
  if (is_truncated) {
    find("audit.truncated",
         fmt::format("the file ended at record {}, but the head of record {} was on disk since {}", end_.sequence,
                     known->sequence, known->time),
         now);
  } else {
    find("audit.damaged",
         fmt::format("record {} is {}, but its head was signed at {}: the file was written anew", known->sequence,
                     *there ? "another one" : "not there", known->time),
         now);
  }
  end_ = {known->sequence, known->digest};
  head_ = line;
  head_sequence_ = known->sequence;
  if (first_ == 0) return {};
  // What is there stays as it is.
  const auto name = put_aside(places_.file, name_set_aside(places_.file, first_));
  if (!name) return fail(name.error());
  return go_on_at(places_.file);
}

}  // namespace sallyport
