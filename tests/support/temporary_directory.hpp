#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sallyport {

/// A fresh directory that disappears with its content. Its path is short enough for a socket.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_{parent() + "sallyport-XXXXXX"} {
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "cannot make " << path_;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + '/' + name; }

 private:
  /// In memory where there is such a place: tests wait for the disk a hundred thousand times otherwise.
  static std::string parent() { return ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm/" : testing::TempDir(); }

  std::string path_;
};

}  // namespace sallyport
