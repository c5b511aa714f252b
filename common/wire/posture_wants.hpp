#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// What an administrator's list asks of a laptop: does a process of this name run, is this file there. A gateway names
/// what it wants answered; a laptop answers that and nothing else. docs/protocol.md section 11.
struct PostureWants {
  std::vector<std::string> processes;  ///< sorted, each once
  std::vector<std::string> files;      ///< absolute paths; sorted, each once

  [[nodiscard]] bool empty() const noexcept { return processes.empty() && files.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return processes.size() + files.size(); }
  /// Every name of `other` is one of these.
  [[nodiscard]] bool covers(const PostureWants& other) const;
  friend bool operator==(const PostureWants&, const PostureWants&) = default;
};

/// Processes and files together.
inline constexpr std::size_t kMaxPostureWants = 64;
inline constexpr std::size_t kMaxPostureWant = 255;

/// A base name: no '/', no control character.
[[nodiscard]] bool is_process_name(std::string_view name) noexcept;
/// Absolute and normalised: no empty, "." or ".." part, no '/' at its end, no pattern, no control character.
[[nodiscard]] bool is_file_path(std::string_view path) noexcept;

}  // namespace sallyport
