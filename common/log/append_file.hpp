#pragma once

#include "common/base/file.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport {

/// An append-only file of whole lines, mode 0600.
class AppendFile {
 public:
  /// Makes the file when there is none. Refuses a link, another user's file and one that others may write or read.
  /// `owner`: who may own it beside this process's user.
  [[nodiscard]] static Result<AppendFile, FileError> open(std::string path, std::optional<uid_t> owner = {});

  /// `line` has its end. One write; a line that does not fit (disk full) is taken back whole and reported. After half a
  /// line, which a power cut can leave, the next one starts on a line of its own.
  [[nodiscard]] Result<void, FileError> append(std::string line);

  /// It was renamed: from now on errors name it so.
  void follow_rename(std::string path) noexcept { path_ = std::move(path); }

  /// In octets; 0 when it cannot be told.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  AppendFile(std::string path, FileDescriptor fd) noexcept : path_{std::move(path)}, fd_{std::move(fd)} {}

  std::string path_;
  FileDescriptor fd_;
};

}  // namespace sallyport
