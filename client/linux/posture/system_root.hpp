#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

struct Looks;

/// The file system as a collector sees it: "/" in the daemon, a made-up tree in a test. Every look is bounded.
class SystemRoot {
 public:
  explicit SystemRoot(std::string root) : root_{std::move(root)} {}

  /// The same file system; what is looked at in it is noted in `looks`, which outlives the result.
  [[nodiscard]] SystemRoot noting(Looks& looks) const;
  /// Where the system has it.
  [[nodiscard]] std::string at(std::string_view path) const { return root_ + std::string{path}; }

  /// `path` is absolute and its links stay inside. Nullopt: not there, not readable or too long.
  [[nodiscard]] std::optional<std::string> read(std::string_view path, std::size_t limit = 256U << 10U) const;
  /// Nullopt: that cannot be told, because a folder may not be searched or a file system does not answer.
  [[nodiscard]] std::optional<bool> exists(std::string_view path) const;
  [[nodiscard]] bool is_there(std::string_view path) const { return exists(path) == true; }
  /// Sorted, at most `limit` of them. Nullopt: no folder, or not readable.
  [[nodiscard]] std::optional<std::vector<std::string>> list(std::string_view path, std::size_t limit = 65'536) const;
  /// The text of a symbolic link.
  [[nodiscard]] std::optional<std::string> link(std::string_view path) const;
  /// `path` without links, as a path below the root again.
  [[nodiscard]] std::optional<std::string> resolved(std::string_view path) const;

 private:
  std::string root_;        ///< without a '/' at its end: empty for the system itself
  Looks* looks_ = nullptr;  ///< null: nobody wants to know
};

}  // namespace sallyport
