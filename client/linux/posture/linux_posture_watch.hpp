#pragma once

#include "client/linux/posture/system_root.hpp"
#include "client/posture/posture_watch.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace sallyport {

/// Watches Linux from a thread of its own: files by inotify, the packet filter by its netlink notifications, and
/// processes, which nothing announces to everybody, by a small look every kProcessGap while a gateway asks for any.
class LinuxPostureWatch final : public PostureWatch {
 public:
  static constexpr auto kProcessGap = std::chrono::milliseconds{300};

  /// The thread begins with the first follow().
  explicit LinuxPostureWatch(SystemRoot root);
  /// The thread ends by itself; nobody waits for one that a file system holds up.
  ~LinuxPostureWatch() override;

  [[nodiscard]] int fd() const noexcept override;
  [[nodiscard]] Stir take() override;
  void follow(const PostureWants& wants) override;
  void rest() override;

 private:
  struct Shared;
  class Watcher;
  void order(std::optional<PostureWants> wants);

  SystemRoot root_;
  std::shared_ptr<Shared> shared_;
  bool has_begun_ = false;
};

}  // namespace sallyport
