#pragma once

#include "client/linux/network_change.hpp"
#include "common/base/file.hpp"

#include <string>

namespace sallyport {

/// The changes of ours that may be in the machine's network, on disk before they are made, oldest first. A daemon that
/// is killed leaves the file behind, and the next one undoes what it lists.
class Journal {
 public:
  /// No file is an empty journal. Refuses one that others could have written, and one it cannot understand whole.
  [[nodiscard]] static Result<Journal, FileError> load(std::string path);

  [[nodiscard]] const NetworkChanges& changes() const noexcept { return changes_; }

  /// On disk, or failed and unchanged, when it returns. An empty journal has no file.
  [[nodiscard]] Result<void, FileError> replace(NetworkChanges changes);

 private:
  explicit Journal(std::string path) : path_{std::move(path)} {}

  std::string path_;
  NetworkChanges changes_;
};

}  // namespace sallyport
