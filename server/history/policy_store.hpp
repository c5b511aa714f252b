#pragma once

#include "common/base/file.hpp"
#include "server/history/policy_record.hpp"

#include <optional>
#include <string>

namespace sallyport {

/// Why a part of the history cannot be used.
struct HistoryError : FileError {
  /// What is there is wrong, or missing, and stays so. False: it could not be read, which may pass.
  bool is_damage = false;
};

/// The directory with a gateway's policy history: one file "record", and beside it each version's files packed in a
/// file named after their digest, so that equal ones are kept once. Every file is replaced in one step.
class PolicyStore {
 public:
  explicit PolicyStore(std::string directory) : directory_{std::move(directory)} {}

  /// Nullopt: there is none yet. A record that is damaged, cannot be read, or is gone from beside kept policies is an
  /// error.
  [[nodiscard]] Result<std::optional<PolicyRecord>, HistoryError> load() const;

  /// Makes sure that `policy` is there and whole, before a record speaks of it.
  [[nodiscard]] Result<void, FileError> keep(const PackedPolicy& policy) const;

  /// Replaces the record and removes files that no version needs any more. On an error the old record stands.
  [[nodiscard]] Result<void, FileError> save(const PolicyRecord& record) const;

  /// Verified against `digest`.
  [[nodiscard]] Result<PackedPolicy, HistoryError> files(const PolicyDigest& digest) const;

  /// Moves a damaged history out of the way, to DIRECTORY.damaged or, for what was moved before stays, to
  /// DIRECTORY.damaged-2 and so on up to 9, so that a new one can begin.
  [[nodiscard]] Result<void, FileError> set_aside() const;

  [[nodiscard]] std::string record_path() const { return directory_ + "/record"; }

 private:
  [[nodiscard]] std::string path_of(const PolicyDigest& digest) const { return directory_ + '/' + digest.text(); }
  void sweep(const PolicyRecord& record) const;
  [[nodiscard]] bool holds_policies() const;

  std::string directory_;
};

}  // namespace sallyport
