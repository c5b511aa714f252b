#include "common/uv/poll.hpp"

namespace sallyport {

Result<Poll, SystemError> Poll::watch(Loop& loop, int fd, Callback on_ready) {
  auto node = uv::make_node<uv_poll_t>(Ready{std::move(on_ready)});
  if (const int status = uv_poll_init(&loop.handle(), &node->handle, fd); status != 0) {
    return fail(system_error("cannot watch a descriptor", -status));
  }
  return Poll{uv::adopt(std::move(node))};
}

void Poll::set_interest(bool read, bool write) noexcept {
  if (!node_) return;
  const int wanted = (read ? UV_READABLE : 0) | (write ? UV_WRITABLE : 0);
  if (wanted == node_->callback.interest) return;
  node_->callback.interest = wanted;
  if (wanted == 0) {
    uv_poll_stop(&node_->handle);
  } else {
    uv_poll_start(&node_->handle, wanted, &Poll::on_event);
  }
}

void Poll::on_event(uv_poll_t* handle, int status, int events) {
  auto& ready = uv::Node<uv_poll_t, Ready>::of(handle).callback;
  if (status != 0) {
    ready.interest = 0;
    uv_poll_stop(handle);
    ready.callback(true, true);
    return;
  }
  ready.callback((events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0);
}

}  // namespace sallyport
