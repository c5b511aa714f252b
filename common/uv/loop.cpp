#include "common/uv/loop.hpp"

#include <time.h>

#include <cassert>
#include <cstdio>
#include <cstdlib>

namespace sallyport {
namespace {

/// A closing handle needs one turn, and its callback's captures may close others in theirs.
constexpr int kClosingTurns = 8;

}  // namespace

TimePoint read_steady_clock(Suspension suspension) noexcept {
  timespec time{};
  if (suspension == Suspension::StandsStill || ::clock_gettime(CLOCK_BOOTTIME, &time) != 0)
    return std::chrono::steady_clock::now();
  return TimePoint{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

Loop::Loop(Suspension suspension) : loop_{std::make_unique<uv_loop_t>()}, suspension_{suspension} {
  if (const int status = uv_loop_init(loop_.get()); status != 0) {
    std::fprintf(stderr, "cannot make an event loop: %s\n", uv_strerror(status));
    std::abort();
  }
}

Loop::~Loop() {
  const bool clean = close();
  assert(clean && "something built on this loop outlives it");
  // A forgotten handle still points into the loop: leave it rather than free it.
  if (!clean) static_cast<void>(loop_.release());
}

void Loop::run() {
  running_ = true;
  uv_run(loop_.get(), UV_RUN_DEFAULT);
  running_ = false;
}

void Loop::run_once() {
  running_ = true;
  uv_run(loop_.get(), UV_RUN_NOWAIT);
  running_ = false;
}

void Loop::stop() noexcept { uv_stop(loop_.get()); }

Now Loop::now() {
  if (!running_) uv_update_time(loop_.get());
  const std::uint64_t turn = uv_now(loop_.get());
  if (turn != sampled_at_) {
    sampled_at_ = turn;
    sample_ =
        Now{read_steady_clock(suspension_), std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
    // Read after it: too short rather than too long, which a timer would be early by.
    // Less than nothing where a time namespace has set the one clock behind the other.
    if (suspension_ == Suspension::Counts) suspended_ = sample_.steady - std::chrono::steady_clock::now();
  }
  return sample_;
}

Duration Loop::suspended() {
  if (suspension_ == Suspension::Counts) (void)now();
  return suspended_;
}

bool Loop::close() {
  for (int turn = 0; !closed_ && turn < kClosingTurns; ++turn) {
    uv_run(loop_.get(), UV_RUN_NOWAIT);
    closed_ = uv_loop_close(loop_.get()) == 0;
  }
  return closed_;
}

}  // namespace sallyport
