#pragma once

#include "common/base/file.hpp"
#include "server/policy/loader.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// While this file lies in a policy directory, its files are being replaced, or that was cut short: half of one policy
/// and half of another may be a third that nobody meant. No gateway reads a directory that holds it.
inline constexpr const char* kInstallMarker = ".apply-under-way";
[[nodiscard]] bool is_half_installed(const std::string& directory);

/// The *.toml files of a policy directory replaced by others, with the way back. Files that are the same in both stay
/// untouched, so do those that are no policy (.git, README). Every file is replaced in one step.
class PolicyInstall {
 public:
  /// `files` are put into `directory`, made when it is missing, under their names without directory. Refuses a link
  /// among the files to be replaced: it would become a file. On an error the directory is as it was.
  [[nodiscard]] static Result<PolicyInstall, FileError> put(const std::string& directory,
                                                            const std::vector<PolicyFile>& files);

  /// The directory as it was before put(), half a policy included.
  [[nodiscard]] Result<void, FileError> undo() const;
  [[nodiscard]] bool changed_nothing() const noexcept { return steps_.empty(); }

 private:
  struct Content {
    std::string text;
    mode_t mode = 0644;
    uid_t owner = 0;
    gid_t group = 0;
  };
  /// One file before and after; nullopt: it is not there.
  struct Step {
    std::string path;
    std::optional<Content> before;
    std::optional<Content> after;
  };

  explicit PolicyInstall(std::string directory)
      : directory_{std::move(directory)}, was_half_{is_half_installed(directory_)} {}
  static Result<Content, FileError> read(const std::string& path);
  Result<void, FileError> plan(const std::vector<PolicyFile>& files);
  Result<void, FileError> plan_removals(const std::vector<std::string>& kept);
  /// `ends_half`: the marker stays behind.
  Result<void, FileError> carry_out(bool ends_half) const;
  static Result<void, FileError> set(const std::string& path, const std::optional<Content>& content);

  std::string directory_;
  bool was_half_;
  std::vector<Step> steps_;
};

}  // namespace sallyport
