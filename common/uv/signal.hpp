#pragma once

#include "common/uv/handle.hpp"
#include "common/uv/loop.hpp"

#include <functional>

namespace sallyport {

/// Calls back on the loop's thread each time the process gets a signal (SIGTERM, SIGHUP, ...). Destroying it stops
/// that.
class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void()> on_signal);

 private:
  uv::NodePtr<uv_signal_t, std::function<void()>> node_;
};

/// Writing to a peer that has gone is an error of that write and no longer the end of the process. Call first in
/// main().
void ignore_broken_pipes() noexcept;

}  // namespace sallyport
