#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace sallyport {

/// Asks the sessions that there are at its beginning to move, evenly over the first part of its period; those that
/// have not by its end are ended then. Pure.
class DrainPlan {
 public:
  /// Of the period: the rest is for those that have to try again.
  static constexpr int kAskingPercent = 70;

  DrainPlan(std::vector<SessionId> sessions, std::chrono::seconds period, TimePoint now)
      : sessions_{std::move(sessions)}, began_{now}, ends_{now + period} {}

  /// Those to be asked now, each once.
  [[nodiscard]] std::vector<SessionId> take_due(TimePoint now) {
    std::vector<SessionId> due;
    while (asked_ < sessions_.size() && slot(asked_) <= now) due.push_back(sessions_[asked_++]);
    return due;
  }
  /// The next slot, or the end.
  [[nodiscard]] TimePoint next_due() const { return asked_ < sessions_.size() ? slot(asked_) : ends_; }
  [[nodiscard]] bool is_over(TimePoint now) const noexcept { return now >= ends_; }
  /// Rounded up.
  [[nodiscard]] std::chrono::seconds left(TimePoint now) const {
    return std::max(std::chrono::ceil<std::chrono::seconds>(ends_ - now), std::chrono::seconds{0});
  }
  [[nodiscard]] const std::vector<SessionId>& sessions() const noexcept { return sessions_; }
  [[nodiscard]] std::size_t asked() const noexcept { return asked_; }

 private:
  [[nodiscard]] TimePoint slot(std::size_t index) const {
    const Duration asking = (ends_ - began_) * kAskingPercent / 100;
    return began_ + asking * static_cast<Duration::rep>(index) / static_cast<Duration::rep>(sessions_.size());
  }

  std::vector<SessionId> sessions_;
  TimePoint began_;
  TimePoint ends_;
  std::size_t asked_ = 0;
};

}  // namespace sallyport
