#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace sallyport {

/// Whether live sessions wait for a processor: threads that carry their packets could run and get none, for more than a
/// tenth of the time. What such threads do with a processor they have does not matter, however much it is. Looks when
/// it is asked; safe to use from any thread.
class ProcessorWatch {
 public:
  /// How long one of these threads has waited for a processor since it began; nullopt: nobody knows.
  using Delay = std::function<std::optional<Duration>()>;

  explicit ProcessorWatch(std::vector<Delay> threads) : threads_(threads.size()) {
    for (std::size_t i = 0; i < threads.size(); ++i) threads_[i].delay = std::move(threads[i]);
  }

  /// True at the earliest with the second question, and for a second after the last look that said so. Whoever asks
  /// less than once a second hears no: what comes so seldom takes nobody's processor.
  [[nodiscard]] bool is_short(TimePoint now);

 private:
  struct Thread {
    Delay delay;
    std::optional<Duration> before{};
  };
  /// Since the last look, of the thread that waited longest.
  [[nodiscard]] Duration longest_wait();

  std::mutex mutex_;  ///< held for a look of some microseconds, ten times a second
  std::vector<Thread> threads_;
  std::optional<TimePoint> looked_{};
  TimePoint short_until_{};
};

}  // namespace sallyport
