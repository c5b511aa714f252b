#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"

#include <functional>

namespace sallyport {

/// A wake-up from any thread; several may arrive as one. While it lives, Loop::run() keeps waiting.
/// Built and destroyed on the loop's thread or while the loop does not run, and destroyed after the last send().
///
/// Not a uv_async_t: up to libuv 1.44 (Debian 12) the loop that one wakes spins until the sender has left the call, and
/// when it woke in the sender's place, on its processor, that lasts until the system runs the sender again: a worker
/// then passes no packet for milliseconds.
class Async {
 public:
  /// Ends the process with words when the system has no descriptors left: nothing runs without wake-ups.
  Async(Loop& loop, std::function<void()> on_wake);

  /// From any thread. Never waits.
  void send() noexcept;

 private:
  FileDescriptor wake_;
  Poll poll_;
};

}  // namespace sallyport
