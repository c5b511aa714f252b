#pragma once

#include "common/base/file.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/log/append_file.hpp"
#include "common/log/audit.hpp"
#include "server/audit/audit_files.hpp"
#include "server/audit/chain.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

struct AuditLimits {
  std::size_t file_size = 64U << 20U;
  unsigned files = 50;                       ///< with the one that is written
  std::size_t reserve = 128U << 10U;         ///< room kept for the last records of a disk that fills up
  std::chrono::milliseconds patience{5000};  ///< with another writer that is about to end
};

/// The user whose files they are, when root writes for them.
struct AuditOwner {
  uid_t user = 0;
  gid_t group = 0;
};

struct ScannedFile;

/// The audit file as docs/audit.md has it: chained, signed, set aside when it is full. One process writes at a time.
/// Only on one thread.
class AuditLog {
 public:
  /// Waits a moment for another writer to end. Mends and records what is wrong with the file; only what keeps it from
  /// being written at all is an error.
  [[nodiscard]] static Result<std::unique_ptr<AuditLog>, FileError> open(AuditPlaces places, AuditLimits limits,
                                                                         WallTime now,
                                                                         std::optional<AuditOwner> owner = {});

  /// In the kernel's hands when this returns. A record that does not fit is taken back whole: the caller then refuses
  /// what it wanted to record.
  [[nodiscard]] Result<void, FileError> append(const AuditRecord& record);

  /// Something stands behind the last head.
  [[nodiscard]] bool needs_head() const noexcept { return end_.sequence != head_sequence_; }
  [[nodiscard]] Result<void, FileError> sign(WallTime now);
  /// Waits for the disk.
  [[nodiscard]] Result<void, FileError> flush();
  /// sign(), flush(), and the head on record: what is left to do at the end.
  [[nodiscard]] Result<void, FileError> settle(WallTime now);

  /// Follows a file that was renamed, restores one that was deleted or replaced, and keeps room in reserve. The error
  /// says why records cannot be written, or soon will not.
  [[nodiscard]] Result<void, FileError> check(WallTime now);

  /// The room in reserve is there, or was got now: what is written next leaves it alone. The error says why there is
  /// none.
  [[nodiscard]] Result<void, FileError> keep_reserve();

  [[nodiscard]] const AuditPlaces& places() const noexcept { return places_; }
  [[nodiscard]] std::uint64_t last() const noexcept { return end_.sequence; }
  /// Number of the newest record that a head has signed.
  [[nodiscard]] std::uint64_t signed_to() const noexcept { return head_sequence_; }
  /// The line of the newest head, without its end; empty: there is none yet.
  [[nodiscard]] const std::string& head() const noexcept { return head_; }
  [[nodiscard]] FileDescriptor duplicate() const noexcept;
  /// What open() found and recorded, and what happened to the file since: for the service's log. Takes them.
  [[nodiscard]] std::vector<AuditRecord> take_findings() { return std::exchange(findings_, {}); }
  /// Why the last file could not be set aside; it grows on meanwhile.
  [[nodiscard]] const std::optional<FileError>& rotation_problem() const noexcept { return rotation_problem_; }
  void use(AuditLimits limits) noexcept { limits_ = limits; }

 private:
  AuditLog(AuditPlaces places, AuditLimits limits, std::optional<AuditOwner> owner, FileDescriptor lock)
      : places_{std::move(places)}, limits_{limits}, owner_{owner}, lock_{std::move(lock)} {}

  Result<void, FileError> open_key(WallTime now);
  Result<void, FileError> open_file(WallTime now);
  Result<void, FileError> take_up(const std::string& path, bool is_current, WallTime now);
  Result<void, FileError> mend(const ScannedFile& scanned, WallTime now);
  Result<void, FileError> go_on_at(const std::string& path);
  Result<void, FileError> hold_against_head(WallTime now);
  void note_unsigned(WallTime now);
  void find(const char* event, std::string words, WallTime now);
  Result<void, FileError> pay_findings();
  Result<void, FileError> write(const AuditRecord& record, std::string* written = nullptr);
  Result<void, FileError> add_head(WallTime now);
  Result<void, FileError> seal(WallTime now);
  Result<void, FileError> set_aside(WallTime now);
  void drop_oldest(WallTime now);
  Result<void, FileError> store_head();
  Result<void, FileError> give(const std::string& path) const;
  Result<void, FileError> follow_place(WallTime now);
  Result<void, FileError> restore(WallTime now);
  Result<void, FileError> keep_room();
  bool reserve(std::size_t room);

  AuditPlaces places_;
  AuditLimits limits_;
  std::optional<AuditOwner> owner_;
  FileDescriptor lock_;
  std::optional<PrivateKey> key_;
  std::string key_id_;
  std::optional<AppendFile> file_;
  ChainEnd end_;
  std::uint64_t first_ = 0;  ///< number of the first record in the file; 0: it is empty
  std::uint64_t head_sequence_ = 0;
  std::string head_;
  std::size_t reserved_to_ = 0;    ///< offset up to which the disk has room for us
  bool can_reserve_ = true;        ///< the file system promises room
  std::vector<AuditRecord> owed_;  ///< found, not recorded yet
  std::vector<AuditRecord> findings_;
  std::optional<FileError> rotation_problem_;
};

/// Makes the head file say in one step that `line` is the newest head of `file`.
[[nodiscard]] Result<void, FileError> write_head_file(const std::string& path, std::string_view line,
                                                      const std::string& file);

}  // namespace sallyport
