#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "common/uv/handle.hpp"
#include "common/uv/loop.hpp"

#include <functional>

namespace sallyport {

/// Watches a descriptor it does not own. Destroy or release() it before the descriptor is closed or handed over.
class Poll {
 public:
  /// An error of the descriptor is reported as both readable and writable: the next read or write says which.
  using Callback = std::function<void(bool readable, bool writable)>;

  /// Makes the descriptor non-blocking. Nothing is watched before set_interest().
  [[nodiscard]] static Result<Poll, SystemError> watch(Loop& loop, int fd, Callback on_ready);

  /// Cheap when nothing changes. After an error report, watching stops until the interest is set again.
  void set_interest(bool read, bool write) noexcept;

  /// Forgets the descriptor at once: it may be closed, or watched on another loop, even of another thread.
  void release() noexcept { node_.reset(); }

 private:
  struct Ready {
    Callback callback;
    int interest = 0;
  };
  using NodePtr = uv::NodePtr<uv_poll_t, Ready>;
  explicit Poll(NodePtr node) noexcept : node_{std::move(node)} {}
  static void on_event(uv_poll_t* handle, int status, int events);

  NodePtr node_;
};

}  // namespace sallyport
