#pragma once

#include "common/base/time.hpp"

#include <uv.h>

#include <cstdint>
#include <memory>

namespace sallyport {

/// What steady time does while the machine is suspended. Where it counts, what must not outlive its time does not;
/// timers that were armed before are late by what was left of them, never early.
enum class Suspension : std::uint8_t { StandsStill, Counts };

/// This moment, later than what a loop read at its wake-up, by the steady clock of a loop of that kind.
[[nodiscard]] TimePoint read_steady_clock(Suspension suspension) noexcept;

/// An event loop of one thread. Everything built on it is destroyed before it, on its thread or while it does not run.
class Loop {
 public:
  /// Ends the process with words when the system has no descriptors left: nothing runs without a loop.
  explicit Loop(Suspension suspension = Suspension::StandsStill);
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
  /// By how much now().steady is ahead of the clock that libuv's timers follow.
  [[nodiscard]] Duration suspended();

  /// Lets destroyed handles finish, then closes the loop; true when nobody kept a handle. Idempotent.
  bool close();

  /// For the wrappers in this folder.
  [[nodiscard]] uv_loop_t& handle() noexcept { return *loop_; }

 private:
  std::unique_ptr<uv_loop_t> loop_;
  Suspension suspension_;
  bool running_ = false;
  bool closed_ = false;
  std::uint64_t sampled_at_ = 0;
  Now sample_{};
  Duration suspended_{};
};

}  // namespace sallyport
