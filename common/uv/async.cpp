#include "common/uv/async.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

FileDescriptor open_event() {
  FileDescriptor event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (event) return event;
  std::fprintf(stderr, "cannot make a wake-up for an event loop: %s\n", std::strerror(errno));
  std::abort();
}

Poll watch_event(Loop& loop, int event, std::function<void()> on_wake) {
  auto poll = Poll::watch(loop, event, [event, on_wake = std::move(on_wake)](bool, bool) {
    eventfd_t ignored = 0;
    (void)::eventfd_read(event, &ignored);
    on_wake();
  });
  if (!poll) {
    std::fprintf(stderr, "cannot make a wake-up for an event loop: %s\n", to_string(poll.error()).c_str());
    std::abort();
  }
  poll->set_interest(true, false);
  return std::move(*poll);
}

}  // namespace

Async::Async(Loop& loop, std::function<void()> on_wake)
    : wake_{open_event()}, poll_{watch_event(loop, wake_.get(), std::move(on_wake))} {}

void Async::send() noexcept { (void)::eventfd_write(wake_.get(), 1); }

}  // namespace sallyport
