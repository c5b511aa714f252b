#pragma once

#include "common/base/time.hpp"
#include "common/uv/handle.hpp"
#include "common/uv/loop.hpp"

#include <functional>

namespace sallyport {

/// A one-shot timer. Destroying it cancels it; the callback may re-arm or destroy its own Timer.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_fire);

  /// Fires once, never early: when it fires, loop.now().steady is at or after loop.now().steady of arming + `delay`.
  void arm(Duration delay);
  void arm_at(TimePoint deadline);
  void cancel() noexcept;
  [[nodiscard]] bool is_armed() const noexcept;

 private:
  Loop* loop_;
  uv::NodePtr<uv_timer_t, std::function<void()>> node_;
};

}  // namespace sallyport
