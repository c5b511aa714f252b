#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace sallyport {

/// At most so many in one second.
class SecondLimit {
 public:
  explicit SecondLimit(std::uint32_t most) noexcept : most_{most} {}

  [[nodiscard]] bool take(TimePoint now) noexcept {
    const TimePoint second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != second_) {
      second_ = second;
      taken_ = 0;
    }
    if (taken_ >= most_) return false;
    ++taken_;
    return true;
  }

 private:
  std::uint32_t most_;
  std::uint32_t taken_ = 0;
  TimePoint second_ = TimePoint::min();
};

/// Lets `burst` records through at once and one more every `interval` on the long run, kept as the time at which it is
/// full again. Safe to use from every thread.
class RecordBudget {
 public:
  RecordBudget(Duration interval, unsigned burst) noexcept : interval_{interval}, depth_{interval * burst} {}

  [[nodiscard]] bool take(TimePoint now) noexcept {
    const auto at = now.time_since_epoch().count();
    auto full_at = full_at_.load();
    while (true) {
      const auto after = std::max(full_at, at) + interval_.count();
      if (after - at > depth_.count()) return false;
      if (full_at_.compare_exchange_weak(full_at, after)) return true;
    }
  }
  [[nodiscard]] bool is_full(TimePoint now) const noexcept { return full_at_.load() <= now.time_since_epoch().count(); }

 private:
  Duration interval_;
  Duration depth_;
  std::atomic<Duration::rep> full_at_{0};
};

/// What one device may have recorded, whatever sessions it opens: on the long run no laptop can push the records of
/// others out of bounded files, nor fill the audit file. Junk of one kind takes nothing from the others.
struct DeviceBudgets {
  RecordBudget decisions{std::chrono::seconds{5}, 500};
  RecordBudget logged_flows{std::chrono::seconds{2}, 2000};  ///< start and end of each
  RecordBudget denials{std::chrono::seconds{5}, 500};
  RecordBudget questions{std::chrono::seconds{10}, 100};  ///< answered with no, and answers that proved nothing
  RecordBudget posture{std::chrono::seconds{30}, 100};    ///< checks that turned
  RecordBudget authorities{std::chrono::seconds{10}, 8};  ///< lists of what it trusts
  /// Sessions it may ask for with a certificate that counts, whether or not they are recorded.
  RecordBudget admissions{std::chrono::milliseconds{200}, 200};

  [[nodiscard]] bool are_full(TimePoint now) const noexcept {
    return decisions.is_full(now) && logged_flows.is_full(now) && denials.is_full(now) && questions.is_full(now) &&
           posture.is_full(now) && authorities.is_full(now) && admissions.is_full(now);
  }
};

}  // namespace sallyport
