#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// How old what was known of a session was, at the moment of a record; unset is unknown or never.
struct AuditEvidence {
  std::optional<std::chrono::seconds> key_age{};
  std::optional<std::chrono::seconds> posture_age{};
  std::optional<std::chrono::seconds> proof_age{};
  std::optional<std::chrono::seconds> revocation_age{};
  std::optional<std::chrono::seconds> certificate_left{};  ///< negative: it has ended
};

/// One thing that happened and matters later; docs/audit.md lists the events and what each carries. Empty members are
/// left out. Peer-controlled text is made printable.
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
  std::string by;         ///< who asked for it, for administrative events
  std::string reference;  ///< the code the employee was shown
  /// More text and its names, constants of ours.
  std::vector<std::pair<std::string, std::string>> texts{};
  std::optional<AuditEvidence> evidence{};
  std::map<std::string, std::string> checks{};  ///< posture checks that changed, and to what
  bool self_reported = false;                   ///< it rests on the device's own word
};

/// One JSON object and a line end.
[[nodiscard]] std::string to_json_line(const AuditRecord& record);

}  // namespace sallyport
