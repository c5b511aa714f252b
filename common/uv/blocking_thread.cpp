#include "common/uv/blocking_thread.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/base/signal_mask.hpp"

#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace sallyport {
namespace {

/// How long the end of the program waits for a call that is at work.
constexpr auto kGoodbye = std::chrono::seconds{1};

}  // namespace

struct BlockingThread::Task {
  std::function<void()> work;  ///< gone once it has run
  bool is_done = false;
  bool is_abandoned = false;
};

struct BlockingThread::Shared {
  FileDescriptor done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<Task>> waiting;
  bool is_stopping = false;
  bool has_ended = false;
};

/// What the loop's side holds of a call.
struct BlockingThread::Call::Wait {
  std::shared_ptr<Shared> shared;
  std::shared_ptr<Task> task;
  std::function<void(bool)> on_done;
  TimePoint deadline;

  void abandon() noexcept {
    std::function<void()> unused;
    const std::lock_guard lock{shared->mutex};
    task->is_abandoned = true;
    const auto place = std::find(shared->waiting.begin(), shared->waiting.end(), task);
    if (place == shared->waiting.end()) return;
    shared->waiting.erase(place);
    unused.swap(task->work);
  }
};

BlockingThread::Call& BlockingThread::Call::operator=(Call&& other) noexcept {
  if (this == &other) return *this;
  if (wait_) wait_->abandon();
  wait_ = std::move(other.wait_);
  return *this;
}

BlockingThread::Call::~Call() {
  if (wait_) wait_->abandon();
}

BlockingThread::BlockingThread(Loop& loop, std::string name)
    : loop_{loop}, name_{std::move(name)}, shared_{std::make_shared<Shared>()}, timer_{loop, [this] { on_timer(); }} {
  name_.resize(std::min<std::size_t>(name_.size(), 15));
}

BlockingThread::~BlockingThread() {
  std::unique_lock lock{shared_->mutex};
  shared_->is_stopping = true;
  shared_->waiting.clear();
  shared_->changed.notify_all();
  if (has_begun_) shared_->changed.wait_for(lock, kGoodbye, [this] { return shared_->has_ended; });
}

void BlockingThread::serve(const std::shared_ptr<Shared>& shared, const std::string& name) {
  pthread_setname_np(pthread_self(), name.c_str());
  std::unique_lock lock{shared->mutex};
  while (true) {
    shared->changed.wait(lock, [&] { return shared->is_stopping || !shared->waiting.empty(); });
    if (shared->is_stopping) break;
    const auto task = std::move(shared->waiting.front());
    shared->waiting.pop_front();
    lock.unlock();
    std::exchange(task->work, {})();
    lock.lock();
    task->is_done = true;
    ::eventfd_write(shared->done.get(), 1);
  }
  shared->has_ended = true;
  shared->changed.notify_all();
}

bool BlockingThread::begin() {
  if (has_begun_) return true;
  auto poll = Poll::watch(loop_, shared_->done.get(), [this](bool, bool) { collect(); });
  if (!poll) return false;
  try {
    const SignalsBlocked blocked;
    std::thread{[shared = shared_, name = name_] { serve(shared, name); }}.detach();
    has_begun_ = true;
  } catch (const std::system_error&) {
  }
  if (!has_begun_) return false;
  poll_.emplace(std::move(*poll));
  poll_->set_interest(true, false);
  return true;
}

BlockingThread::Call BlockingThread::start(std::function<void()> work, Duration patience,
                                           std::function<void(bool)> on_done) {
  auto task = std::make_shared<Task>(Task{std::move(work)});
  const TimePoint now = loop_.now().steady;
  auto wait = std::make_shared<Call::Wait>(Call::Wait{shared_, task, std::move(on_done), now + patience});
  bool is_taken = begin();
  if (is_taken) {
    const std::lock_guard lock{shared_->mutex};
    is_taken = shared_->waiting.size() < kMaxWaiting;
    if (is_taken) shared_->waiting.push_back(std::move(task));
    shared_->changed.notify_all();
  }
  if (!is_taken) wait->deadline = now;
  waits_.push_back(wait);
  arm();
  return Call{std::move(wait)};
}

void BlockingThread::collect() {
  eventfd_t ignored = 0;
  (void)::eventfd_read(shared_->done.get(), &ignored);
  const auto waits = waits_;
  for (const auto& each : waits) {
    const auto wait = each.lock();
    if (!wait || !wait->on_done) continue;
    {
      const std::lock_guard lock{shared_->mutex};
      if (wait->task->is_abandoned || !wait->task->is_done) continue;
    }
    std::exchange(wait->on_done, {})(true);
  }
  arm();
}

void BlockingThread::on_timer() {
  const TimePoint now = loop_.now().steady;
  const auto waits = waits_;
  for (const auto& each : waits) {
    const auto wait = each.lock();
    if (!wait || !wait->on_done || wait->deadline > now) continue;
    wait->abandon();
    std::exchange(wait->on_done, {})(false);
  }
  arm();
}

void BlockingThread::arm() {
  std::optional<TimePoint> next;
  std::erase_if(waits_, [&](const auto& each) {
    const auto wait = each.lock();
    if (!wait || !wait->on_done) return true;
    next = std::min(next.value_or(wait->deadline), wait->deadline);
    return false;
  });
  if (next)
    timer_.arm_at(*next);
  else
    timer_.cancel();
}

}  // namespace sallyport
