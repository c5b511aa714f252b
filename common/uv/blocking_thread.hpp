#pragma once

#include "common/base/time.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// One thread for calls that may block for as long as they like, or for ever, such as those into a token's driver: in
/// order, one at a time, while the loop goes on. Lives on one loop's thread.
class BlockingThread {
 public:
  /// Above this many that wait, a call ends as one that came too late.
  static constexpr std::size_t kMaxWaiting = 16;

  /// Somebody waits for a call. Once this goes nobody does: what has not begun by then never is.
  class Call {
   public:
    Call(Call&& other) noexcept = default;
    Call& operator=(Call&& other) noexcept;
    ~Call();

   private:
    friend class BlockingThread;
    struct Wait;
    explicit Call(std::shared_ptr<Wait> wait) noexcept : wait_{std::move(wait)} {}
    std::shared_ptr<Wait> wait_;
  };

  /// `name` is what ps and gdb show, at most 15 characters of it.
  BlockingThread(Loop& loop, std::string name);
  /// Waits a moment for the call that is at work; one that hangs is left to itself and does no harm.
  ~BlockingThread();
  BlockingThread(const BlockingThread&) = delete;
  BlockingThread& operator=(const BlockingThread&) = delete;

  /// `work` runs on the thread and shares with the caller only what both hold. `on_done` is called later on the loop's
  /// thread, never from here: with true once `work` has returned, with false when it had not after `patience`. It may
  /// destroy its Call and start others.
  [[nodiscard]] Call start(std::function<void()> work, Duration patience, std::function<void(bool is_done)> on_done);

 private:
  struct Task;
  struct Shared;
  static void serve(const std::shared_ptr<Shared>& shared, const std::string& name);
  [[nodiscard]] bool begin();
  void collect();
  void on_timer();
  void arm();

  Loop& loop_;
  std::string name_;
  std::shared_ptr<Shared> shared_;  ///< with the thread, which may outlive this
  bool has_begun_ = false;
  std::vector<std::weak_ptr<Call::Wait>> waits_;
  std::optional<Poll> poll_;
  Timer timer_;
};

}  // namespace sallyport
