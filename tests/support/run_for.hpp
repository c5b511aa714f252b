#pragma once

#include "common/uv/loop.hpp"
#include "common/uv/timer.hpp"

namespace sallyport::test {

/// Runs `loop` until somebody stops it, at most for `time`.
inline void run_for(Loop& loop, Duration time) {
  Timer end{loop, [&loop] { loop.stop(); }};
  end.arm(time);
  loop.run();
}

}  // namespace sallyport::test
