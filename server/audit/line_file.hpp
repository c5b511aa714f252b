#pragma once

#include "common/base/file.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// One line of a file, borrowed for the call, without its line feed.
struct FileLine {
  std::string_view text;
  std::size_t number = 0;    ///< from 1 on
  std::uint64_t offset = 0;  ///< of its first octet
  bool is_whole = true;      ///< false: the file ends before its line feed
};

/// A file of lines, read from its beginning on; what is appended meanwhile can be read later.
class LineFile {
 public:
  /// Longer lines arrive cut: no record is so long.
  static constexpr std::size_t kMaxLine = 64U << 10U;

  /// Nullopt: there is no such file. Follows no link in its last name.
  [[nodiscard]] static Result<std::optional<LineFile>, FileError> open(const std::string& path);

  using Show = std::function<void(const FileLine&)>;
  /// Shows every whole line that is there by now and was not shown yet.
  [[nodiscard]] Result<void, FileError> read(const Show& show);
  /// Then what is left without a line feed, if anything: once more when it was asked before.
  void show_half(const Show& show) const;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] bool is_same_file(const LineFile& other) const noexcept {
    return device_ == other.device_ && inode_ == other.inode_;
  }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  LineFile(std::string path, FileDescriptor fd, std::uint64_t device, std::uint64_t inode) noexcept
      : path_{std::move(path)}, fd_{std::move(fd)}, device_{device}, inode_{inode} {}
  void take(std::string_view chunk, const Show& show);

  std::string path_;
  FileDescriptor fd_;
  std::uint64_t device_;
  std::uint64_t inode_;
  std::string line_;  ///< begun, not ended
  std::size_t number_ = 0;
  std::uint64_t line_offset_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace sallyport
