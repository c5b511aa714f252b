#include "common/uv/signal.hpp"

#include <cassert>
#include <csignal>

namespace sallyport {

Signal::Signal(Loop& loop, int number, std::function<void()> on_signal) {
  auto node = uv::make_node<uv_signal_t>(std::move(on_signal));
  uv_signal_init(&loop.handle(), &node->handle);
  node_ = uv::adopt(std::move(node));
  [[maybe_unused]] const int status = uv_signal_start(
      &node_->handle,
      [](uv_signal_t* handle, int) { uv::Node<uv_signal_t, std::function<void()>>::of(handle).callback(); }, number);
  assert(status == 0 && "a signal that cannot be caught");
}

void ignore_broken_pipes() noexcept { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace sallyport
