#pragma once

#include "common/base/file.hpp"
#include "common/base/file_descriptor.hpp"
#include "server/history/packed_policy.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// While this file lies in a policy directory, its files are being replaced, or that was cut short, or no gateway has
/// taken them yet. No gateway reads a directory that holds it, but for a request that names the digest in it.
inline constexpr const char* kInstallMarker = ".apply-under-way";
/// The policy files as they were before the marker: whole while the marker is there.
inline constexpr const char* kBeforeApply = ".before-apply";

[[nodiscard]] bool is_half_installed(const std::string& directory);
/// Of the files that are being put into `directory`, as its marker says. Nullopt: no marker, or none that says it.
[[nodiscard]] std::optional<PolicyDigest> digest_under_way(const std::string& directory);

/// The *.toml files of a policy directory replaced by others, with the way back. Files that are the same in both stay
/// untouched, so do those that are no policy (.git, README). Until settle() or undo() the directory is marked, also
/// when this object goes or its process is killed; one process at a time has such an object.
class PolicyInstall {
 public:
  /// `files` are put into `directory`, made when it is missing, under their names without directory. `running`: what
  /// the gateway runs; a directory that an earlier command left marked with just that is taken as whole. Refuses a
  /// link among the files to be replaced: it would become a file. On an error the directory is as it was.
  [[nodiscard]] static Result<PolicyInstall, FileError> put(const std::string& directory,
                                                            const std::vector<PolicyFile>& files,
                                                            const std::optional<PolicyDigest>& running = {});

  /// The directory as it was before put(); when that was half a policy with its way back, as it was before that.
  /// Needs no room on the disk. Refuses when somebody changed the files after put().
  [[nodiscard]] Result<void, FileError> undo() const;
  /// The gateway has the new files in force: they count from now on.
  [[nodiscard]] Result<void, FileError> settle() const;

  [[nodiscard]] bool changed_nothing() const noexcept { return changed_nothing_; }
  [[nodiscard]] const PolicyDigest& digest() const noexcept { return digest_; }

 private:
  explicit PolicyInstall(std::string directory) : directory_{std::move(directory)} {}
  Result<void, FileError> lock();
  Result<void, FileError> prepare(const std::vector<PolicyFile>& files, const std::optional<PolicyDigest>& running);
  Result<void, FileError> back_up() const;
  Result<void, FileError> stage(const std::vector<PolicyFile>& files) const;
  Result<void, FileError> place(const std::vector<PolicyFile>& files) const;
  Result<void, FileError> restore() const;
  Result<void, FileError> unmark() const;
  void clear() const;
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + '/' + name; }

  std::string directory_;
  FileDescriptor lock_;
  PolicyDigest digest_;
  bool changed_nothing_ = false;
  bool has_way_back_ = true;  ///< false: the directory was half a policy already, with nothing kept from before
};

}  // namespace sallyport
