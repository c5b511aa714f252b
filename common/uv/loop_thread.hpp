#pragma once

#include "common/uv/async.hpp"
#include "common/uv/loop.hpp"

#include <sys/types.h>

#include <atomic>
#include <string>
#include <thread>

namespace sallyport {

/// A loop with a thread of its own. What runs on it is built on loop() before start() and destroyed after stop();
/// the owner declares the LoopThread before those members and calls stop() in its destructor.
class LoopThread {
 public:
  /// `name` is what ps and gdb show, at most 15 characters of it.
  explicit LoopThread(std::string name, Suspension suspension = Suspension::StandsStill);
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  [[nodiscard]] Loop& loop() noexcept { return loop_; }
  /// Signals stay with the thread that called: all are blocked on the new one.
  void start();
  /// The kernel's number of the thread. Requires start().
  [[nodiscard]] pid_t id() const noexcept { return id_.load(); }
  /// Ends the loop after its current turn and joins. From any other thread; idempotent.
  void stop();

 private:
  std::string name_;
  Loop loop_;
  Async wake_;
  std::atomic<pid_t> id_{0};
  std::thread thread_;
};

}  // namespace sallyport
