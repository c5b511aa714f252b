#include "server/gateway/processor_watch.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {
namespace {

/// Between two looks.
constexpr auto kBeat = std::chrono::milliseconds{100};
/// What happened over more than this says nothing about now.
constexpr auto kStale = std::chrono::seconds{1};
/// So that whom this lets in does not come and go with every look.
constexpr auto kHold = std::chrono::seconds{1};
/// One part in so many of the time: a worker with a core of its own waits for less than a hundredth, one beside three
/// other busy threads on two cores for a sixth to a half.
constexpr int kShare = 10;

}  // namespace

bool ProcessorWatch::is_short(TimePoint now) {
  const std::lock_guard lock{mutex_};
  const Duration since = looked_ ? now - *looked_ : Duration::max();
  if (since < kBeat) return now < short_until_;
  looked_ = now;
  const Duration waited = longest_wait();
  if (since < kStale && waited >= since / kShare) short_until_ = now + kHold;
  return now < short_until_;
}

Duration ProcessorWatch::longest_wait() {
  Duration longest{};
  for (auto& thread : threads_) {
    const auto waited = thread.delay();
    if (waited && thread.before) longest = std::max(longest, *waited - *thread.before);
    thread.before = waited;
  }
  return longest;
}

}  // namespace sallyport
