#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sallyport::test {

/// Notices when a processor stands still, as one of a virtual machine does while its host does not run it: a thread on
/// each of two processors that sleeps a moment at a time, ahead of every program. One that wakes late had no processor,
/// or had to wait for something in the kernel; two that sleep through the same time on two processors had none.
class Standstill {
 public:
  /// The longest of its kind, in milliseconds.
  struct Times {
    double one = 0;   ///< on one of the processors
    double both = 0;  ///< on both at once
  };

  Standstill();
  ~Standstill();
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

  /// Since the last call. Nullopt where threads may not run ahead of programs, or there is one processor only.
  [[nodiscard]] std::optional<Times> take();

 private:
  /// Nanoseconds of the steady clock, from when it was to run until it ran.
  struct Silence {
    std::int64_t from;
    std::int64_t to;
  };
  struct Watcher {
    std::mutex mutex;
    std::vector<Silence> silences;
    std::thread thread;
  };
  void watch(Watcher& watcher, int processor);

  std::atomic<bool> over_{false};
  std::atomic<bool> is_ahead_{true};
  std::list<Watcher> watchers_;
};

}  // namespace sallyport::test
