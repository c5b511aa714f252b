#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {

/// When a source is asked next: at once, then at its interval; after a failure sooner, ever more rarely. Pure.
class PollSchedule {
 public:
  explicit PollSchedule(std::chrono::seconds interval) noexcept : interval_{interval} {}

  [[nodiscard]] bool is_due(TimePoint now) const noexcept { return now >= next_; }
  [[nodiscard]] TimePoint next() const noexcept { return next_; }

  void succeeded(TimePoint now) noexcept {
    failures_ = 0;
    next_ = now + interval_;
  }
  void failed(TimePoint now) noexcept {
    constexpr unsigned kDoublings = 12;
    const auto wait = std::chrono::seconds{kFirstRetry} * (1U << std::min(failures_, kDoublings));
    ++failures_;
    next_ = now + std::min<std::chrono::seconds>(interval_, wait);
  }

 private:
  static constexpr unsigned kFirstRetry = 5;
  std::chrono::seconds interval_;
  TimePoint next_{};
  unsigned failures_ = 0;
};

}  // namespace sallyport
