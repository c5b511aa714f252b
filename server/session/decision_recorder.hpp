#pragma once

#include "server/session/decision_event.hpp"
#include "server/session/decision_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sallyport {

/// Collects the decisions of one session that somebody wants to see. Bounded: what does not fit is counted. Pure.
class DecisionRecorder {
 public:
  /// Recorded of one session in one second; the rest is counted.
  static constexpr std::uint32_t kKeptPerSecond = 50;
  /// Events that wait to be taken.
  static constexpr std::size_t kMaxWaiting = 256;

  void watch(DecisionWatch watch) noexcept { watch_ = watch; }
  [[nodiscard]] bool is_watched() const noexcept { return watch_.any(); }
  [[nodiscard]] bool traces() const noexcept { return watch_.trace; }
  [[nodiscard]] bool keeps() const noexcept { return watch_.keep; }

  /// Whether the first packet of an allowed flow is worth a record.
  [[nodiscard]] bool is_news(const Destination& destination, const Decision& decision, WallTime now) {
    return decision.shadow != kNoRule || memory_.is_news(destination, decision.rule, now);
  }
  void forget() noexcept { memory_.clear(); }

  /// `event.is_kept` says whether the log wants it; without that it is for a trace.
  void add(DecisionEvent event) {
    if (event.is_kept) event.is_kept = watch_.keep && may_keep(event.time);
    if (!event.is_kept && !watch_.trace) return;
    if (waiting_.size() < kMaxWaiting)
      waiting_.push_back(std::move(event));
    else
      ++lost_;
  }
  void lose(std::uint64_t count) noexcept { lost_ += count; }

  [[nodiscard]] bool has_any() const noexcept { return !waiting_.empty() || lost_ != 0; }
  [[nodiscard]] std::vector<DecisionEvent> take() { return std::exchange(waiting_, {}); }
  [[nodiscard]] std::uint64_t take_lost() noexcept { return std::exchange(lost_, 0); }

 private:
  bool may_keep(WallTime now) noexcept {
    if (now != second_) {
      second_ = now;
      kept_ = 0;
    }
    if (++kept_ <= kKeptPerSecond) return true;
    ++lost_;
    return false;
  }

  DecisionWatch watch_;
  DecisionMemory memory_;
  std::vector<DecisionEvent> waiting_;
  std::uint64_t lost_ = 0;
  WallTime second_{};
  std::uint32_t kept_ = 0;
};

}  // namespace sallyport
