#include "common/uv/async.hpp"

#include <cassert>

namespace sallyport {

Async::Async(Loop& loop, std::function<void()> on_wake) {
  auto node = uv::make_node<uv_async_t>(std::move(on_wake));
  // The loop made its wake-up descriptor when it was made, so this cannot run out of any.
  [[maybe_unused]] const int status = uv_async_init(&loop.handle(), &node->handle, [](uv_async_t* handle) {
    uv::Node<uv_async_t, std::function<void()>>::of(handle).callback();
  });
  assert(status == 0);
  node_ = uv::adopt(std::move(node));
}

void Async::send() noexcept { uv_async_send(&node_->handle); }

}  // namespace sallyport
