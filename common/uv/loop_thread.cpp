#include "common/uv/loop_thread.hpp"

#include "common/base/signal_mask.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace sallyport {

LoopThread::LoopThread(std::string name, Suspension suspension)
    : name_{std::move(name)}, loop_{suspension}, wake_{loop_, [this] { loop_.stop(); }} {
  name_.resize(std::min<std::size_t>(name_.size(), 15));
}

LoopThread::~LoopThread() { stop(); }

void LoopThread::start() {
  const SignalsBlocked blocked;
  id_.store(0);
  thread_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), name_.c_str());
    id_.store(::gettid());
    id_.notify_all();
    loop_.run();
  }};
  id_.wait(0);
}

void LoopThread::stop() {
  if (!thread_.joinable()) return;
  wake_.send();
  thread_.join();
}

}  // namespace sallyport
