#pragma once

#include "client/linux/posture/looks.hpp"
#include "client/linux/posture/system_root.hpp"
#include "common/base/file_descriptor.hpp"

#include <map>
#include <string>

namespace sallyport {

/// Notices by inotify(7) that something changed where collectors look: every folder on the way to it is watched for the
/// names that matter. Silent file systems (of the network, /proc, /sys) tell nothing.
class FileWatch {
 public:
  explicit FileWatch(SystemRoot root) : root_{std::move(root)} {}

  /// Readable when there is something to take(); -1: nothing is watched.
  [[nodiscard]] int fd() const noexcept { return inotify_.get(); }
  /// From now on what was looked at counts. May block as a look does. What cannot be watched, in words; empty: all can.
  std::string follow(const Looks& looks);
  void rest();
  /// Whether something that matters happened.
  [[nodiscard]] bool take();

 private:
  /// "" stands for every name. True: what is written there counts, not only whether it is there.
  using Names = std::map<std::string, bool, std::less<>>;
  [[nodiscard]] bool matters(const char* event, std::size_t size) const;

  SystemRoot root_;
  FileDescriptor inotify_;
  std::map<int, Names> watched_;  ///< by watch descriptor
};

}  // namespace sallyport
