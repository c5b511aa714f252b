#pragma once

#include "common/base/file.hpp"
#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/log/append_file.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// One thing that happened and matters later: session.open, session.close, session.refused, flow.denied,
/// device.revoked... Empty members are left out. Peer-controlled text is made printable.
struct AuditRecord {
  WallTime time{};
  std::string event{};
  std::string user{};
  std::string device{};
  std::string serial{};     ///< of the certificate, hexadecimal
  SessionId session{};      ///< 0 = none
  std::string source;       ///< outer address of the laptop
  std::string address;      ///< inner address
  std::string destination;  ///< "10.20.4.10:443/tcp"
  std::string verdict;
  std::string rule;
  std::string policy;         ///< hash of the policy that judged
  std::uint64_t version = 0;  ///< of the policy, where it changed; 0 = none
  /// Figures and their names, constants of ours.
  std::vector<std::pair<std::string, std::uint64_t>> counts{};
  std::string reason;
  std::string by;                               ///< who asked for it, for administrative events
  std::string reference;                        ///< the code the employee was shown
  std::map<std::string, std::string> checks{};  ///< posture checks that changed, and to what
  bool self_reported = false;                   ///< it rests on the device's own word
};

/// One JSON object and a line end.
[[nodiscard]] std::string to_json_line(const AuditRecord& record);

/// An append-only file of JSON lines, mode 0600. Safe to call from every thread.
class AuditFile {
 public:
  /// Makes the file when there is none. Refuses a link, another user's file and one that others may write or read.
  /// `owner`: who may own it beside this process's user.
  [[nodiscard]] static Result<std::unique_ptr<AuditFile>, FileError> open(std::string path,
                                                                          std::optional<uid_t> owner = {});

  /// One write per record. A record that does not fit (disk full) is taken back whole and reported:
  /// the caller then refuses what it wanted to record.
  [[nodiscard]] Result<void, FileError> append(const AuditRecord& record);

  /// Follows the path again, after it was renamed by log rotation. On failure the old file stays in use.
  [[nodiscard]] Result<void, FileError> reopen();

 private:
  explicit AuditFile(AppendFile file) noexcept : file_{std::move(file)} {}

  std::mutex mutex_;
  AppendFile file_;
};

}  // namespace sallyport
