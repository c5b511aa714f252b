#include "common/uv/timer.hpp"

#include <algorithm>

namespace sallyport {

Timer::Timer(Loop& loop, std::function<void()> on_fire) : loop_{&loop} {
  auto node = uv::make_node<uv_timer_t>(std::move(on_fire));
  uv_timer_init(&loop.handle(), &node->handle);
  node_ = uv::adopt(std::move(node));
}

void Timer::arm(Duration delay) { arm_at(loop_->now().steady + delay); }

// libuv counts whole milliseconds of a clock that stands still while the machine is suspended, from when the turn
// began: rounding the deadline up, instead of the delay, keeps a timer from firing before it.
void Timer::arm_at(TimePoint deadline) {
  const auto due =
      std::chrono::ceil<std::chrono::milliseconds>(deadline.time_since_epoch() - loop_->suspended()).count();
  const auto now = static_cast<std::int64_t>(uv_now(&loop_->handle()));
  uv_timer_start(
      &node_->handle, [](uv_timer_t* handle) { uv::Node<uv_timer_t, std::function<void()>>::of(handle).callback(); },
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, due - now)), 0);
}

void Timer::cancel() noexcept { uv_timer_stop(&node_->handle); }

bool Timer::is_armed() const noexcept {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&node_->handle)) != 0;
}

}  // namespace sallyport
