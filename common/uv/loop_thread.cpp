#include "common/uv/loop_thread.hpp"

#include "common/base/signal_mask.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace sallyport {

namespace {

/// What a connection takes of memory.
constexpr std::size_t kFirstNeeds = 64U << 10U;
constexpr std::size_t kLeastPage = 4096;

/// The C library gives each thread memory of its own at its first request, and the kernel page by page: not while
/// somebody waits for it.
void prepare_memory() {
  auto* const octets = static_cast<char*>(std::malloc(kFirstNeeds));
  if (octets == nullptr) return;
  volatile char* const touched = octets;
  for (std::size_t i = 0; i < kFirstNeeds; i += kLeastPage) touched[i] = 0;
  std::free(octets);
}

}  // namespace

LoopThread::LoopThread(std::string name) : name_{std::move(name)}, wake_{loop_, [this] { loop_.stop(); }} {
  name_.resize(std::min<std::size_t>(name_.size(), 15));
}

LoopThread::~LoopThread() { stop(); }

void LoopThread::start() {
  const SignalsBlocked blocked;
  id_.store(0);
  thread_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), name_.c_str());
    prepare_memory();
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
