#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"

#include <cstdint>
#include <functional>

namespace sallyport {

/// Watches descriptors that come and go by the thousand, all by one handle of the loop: of the kernel's calls, a Poll
/// of its own needs four to begin with. Level-triggered. Built and destroyed on the loop's thread or while the loop
/// does not run.
class PollSet {
 public:
  /// `key`: as the descriptor was added with. An error of the descriptor is reported as both. What was told of in one
  /// turn may come although its descriptor went earlier in that turn: keys are not used again.
  using Callback = std::function<void(std::uint64_t key, bool readable, bool writable)>;

  /// `on_ready` may add and remove, and not destroy the set. Ends the process with words when the system has no
  /// descriptors left.
  PollSet(Loop& loop, Callback on_ready);
  PollSet(const PollSet&) = delete;
  PollSet& operator=(const PollSet&) = delete;

  /// Watches `fd`, which is non-blocking and not its own. False: the system has no room for that.
  [[nodiscard]] bool add(int fd, std::uint64_t key, bool read, bool write) noexcept;
  /// Of one that was added.
  void change(int fd, std::uint64_t key, bool read, bool write) noexcept;
  /// Before it is handed on. One that is closed goes by itself, if nobody has a copy of it.
  void remove(int fd) noexcept;

 private:
  void on_wake();

  FileDescriptor set_;
  Callback on_ready_;
  Poll poll_;
};

}  // namespace sallyport
