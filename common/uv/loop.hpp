#pragma once

#include "common/base/time.hpp"

#include <uv.h>

#include <memory>

namespace sallyport {

/// An event loop of one thread. Everything built on it is destroyed before it, on its thread or while it does not run.
class Loop {
 public:
  /// Ends the process with words when the system has no descriptors left: nothing runs without a loop.
  Loop();
  /// Asserts that close() found nothing left behind.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Returns after stop(), or when nothing is left to wait for.
  void run();
  /// One turn without waiting.
  void run_once();
  /// Ends run() after the current turn. Only from the loop's thread; others post to a Mailbox.
  void stop() noexcept;

  /// Both clocks as read at this wake-up: equal for all callbacks of one turn.
  [[nodiscard]] Now now();

  /// Lets destroyed handles finish, then closes the loop; true when nobody kept a handle. Idempotent.
  bool close();

  /// For the wrappers in this folder.
  [[nodiscard]] uv_loop_t& handle() noexcept { return *loop_; }

 private:
  std::unique_ptr<uv_loop_t> loop_;
  bool running_ = false;
  bool closed_ = false;
  std::uint64_t sampled_at_ = 0;
  Now sample_{};
};

}  // namespace sallyport
