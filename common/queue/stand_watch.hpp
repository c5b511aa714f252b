#pragma once

#include "common/base/path_sample.hpp"
#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace sallyport {

/// Notices that a connection stands: the kernel sends the same again, and nobody acknowledges anything. What it is
/// given then is lost where another connection takes over, so what comes meanwhile is to wait with us. On a path that
/// merely loses, something arrives between what is lost. Pure.
class StandWatch {
 public:
  /// Between two looks: a sixteenth of how long it has stood, as the kernel, too, tries ever more rarely.
  static constexpr Duration kShortestBeat = std::chrono::milliseconds{20};
  static constexpr Duration kLongestBeat = std::chrono::milliseconds{250};
  /// And a round trip, in which nothing was acknowledged, in whatever order.
  static constexpr Duration kSilence = std::chrono::milliseconds{100};
  /// Questions without an answer; one is under way now and then on every connection that is idle.
  static constexpr std::uint32_t kUnanswered = 2;

  void follow(const PathSample& sample, TimePoint now) noexcept {
    if (sample.delivered != delivered_) heard_ = now;
    delivered_ = sample.delivered;
    const bool is_unheard = sample.resent != 0 && now - heard_ >= kSilence + sample.rtt;
    if (!is_unheard && sample.asked < kUnanswered) return forget();
    if (!since_) since_ = now;
    due_ = now + std::clamp<Duration>((now - *since_) / 16, kShortestBeat, kLongestBeat);
  }
  /// Nothing is known of it.
  void forget() noexcept { since_.reset(); }
  /// Something came from the other end: perhaps it goes on.
  void hasten() noexcept { due_ = TimePoint{}; }

  [[nodiscard]] bool stands() const noexcept { return since_.has_value(); }
  /// When to look again. Requires stands().
  [[nodiscard]] TimePoint due() const noexcept { return due_; }

 private:
  std::uint64_t delivered_ = 0;
  TimePoint heard_{};  ///< when that was another number, as far as was looked
  std::optional<TimePoint> since_;
  TimePoint due_{};
};

}  // namespace sallyport
