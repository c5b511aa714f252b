#pragma once

#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "server/audit/chain.hpp"
#include "server/audit/verifier.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

/// What one file of a chain holds, for whoever goes on writing behind it.
struct ScannedFile {
  std::string path;
  ChainEnd end;                     ///< of its last whole line that is a record; number 0: it has none
  std::uint64_t first = 0;          ///< number of its first record
  bool has_other_lines = false;     ///< whole ones that are no records
  std::uint64_t half_offset = 0;    ///< where the line without an end begins
  std::uint64_t half_size = 0;      ///< 0: there is none
  std::string half;                 ///< its beginning
  std::string last_head;            ///< line of its last head
  std::optional<AuditFault> fault;  ///< the first line that does not fit, half lines apart
};

/// Nullopt: there is no such file.
[[nodiscard]] Result<std::optional<ScannedFile>, FileError> scan_audit_file(const std::string& path,
                                                                            AuditVerifier::Options options);

}  // namespace sallyport
