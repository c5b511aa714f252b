#pragma once

#include "common/uv/handle.hpp"
#include "common/uv/loop.hpp"

#include <functional>

namespace sallyport {

/// A wake-up from any thread; several may arrive as one. While it lives, Loop::run() keeps waiting.
/// Built and destroyed on the loop's thread or while the loop does not run, and destroyed after the last send().
class Async {
 public:
  Async(Loop& loop, std::function<void()> on_wake);

  /// From any thread.
  void send() noexcept;

 private:
  uv::NodePtr<uv_async_t, std::function<void()>> node_;
};

}  // namespace sallyport
