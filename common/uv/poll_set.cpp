#include "common/uv/poll_set.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace sallyport {
namespace {

/// What is left comes in the next turn.
constexpr std::size_t kPerTurn = 64;

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "cannot watch connections: %s\n", why);
  std::abort();
}

FileDescriptor open_set() {
  FileDescriptor set{::epoll_create1(EPOLL_CLOEXEC)};
  if (!set) give_up(std::strerror(errno));
  return set;
}

Poll watch_set(Loop& loop, int set, std::function<void()> on_wake) {
  auto poll = Poll::watch(loop, set, [on_wake = std::move(on_wake)](bool, bool) { on_wake(); });
  if (!poll) give_up(to_string(poll.error()).c_str());
  poll->set_interest(true, false);
  return std::move(*poll);
}

epoll_event event_of(std::uint64_t key, bool read, bool write) noexcept {
  epoll_event event{};
  event.events = (read ? EPOLLIN : 0U) | (write ? EPOLLOUT : 0U);
  event.data.u64 = key;
  return event;
}

}  // namespace

PollSet::PollSet(Loop& loop, Callback on_ready)
    : set_{open_set()}, on_ready_{std::move(on_ready)}, poll_{watch_set(loop, set_.get(), [this] { on_wake(); })} {}

bool PollSet::add(int fd, std::uint64_t key, bool read, bool write) noexcept {
  auto event = event_of(key, read, write);
  return ::epoll_ctl(set_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void PollSet::change(int fd, std::uint64_t key, bool read, bool write) noexcept {
  auto event = event_of(key, read, write);
  (void)::epoll_ctl(set_.get(), EPOLL_CTL_MOD, fd, &event);
}

void PollSet::remove(int fd) noexcept { (void)::epoll_ctl(set_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void PollSet::on_wake() {
  std::array<epoll_event, kPerTurn> events{};
  const int count = ::epoll_wait(set_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const bool is_broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    on_ready_(event.data.u64, is_broken || (event.events & EPOLLIN) != 0, is_broken || (event.events & EPOLLOUT) != 0);
  }
}

}  // namespace sallyport
