#pragma once

#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "server/audit/chain.hpp"
#include "server/audit/line_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Where an audit file is and what belongs to it.
struct AuditPlaces {
  std::string file;
  std::string key;   ///< private, signs heads
  std::string head;  ///< the newest head
  std::string lock;
};
[[nodiscard]] AuditPlaces audit_places(const std::string& file, const std::string& state_directory);

/// What a file is called once it is set aside: by the number of its first record.
[[nodiscard]] std::string name_set_aside(const std::string& file, std::uint64_t first);
/// The number in such a name; nullopt for every other name.
[[nodiscard]] std::optional<std::uint64_t> first_in_name(std::string_view file, std::string_view name);

/// Renames `file` to `wanted`, or to a name like it when that is taken: nothing is ever written over. The new name.
[[nodiscard]] Result<std::string, FileError> put_aside(const std::string& file, const std::string& wanted);

/// The files that were set aside, oldest first: those whose name and first line have the same number.
[[nodiscard]] Result<std::vector<std::string>, FileError> files_set_aside(const std::string& file);

/// Opens all files of a chain, oldest first: those set aside, those that somebody else renamed ("audit.jsonl.1"), and
/// `file`. A file that is set aside meanwhile is met once. Files that hold no chained line are left out.
[[nodiscard]] Result<std::vector<LineFile>, FileError> open_audit_files(const std::string& file);

/// Of the line with that number, in the newest file that has one; nullopt: none has.
[[nodiscard]] Result<std::optional<Sha256Digest>, FileError> digest_of_record(const std::string& file,
                                                                              std::uint64_t number);

}  // namespace sallyport
