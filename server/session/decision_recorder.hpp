#pragma once

#include "server/session/decision_event.hpp"
#include "server/session/decision_memory.hpp"
#include "server/session/flow_origins.hpp"
#include "server/session/record_budget.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace sallyport {

/// What a refusal answers. Each has a budget of its own: junk of one kind hides nothing of the other.
enum class Telling : std::uint8_t {
  Denial,    ///< a packet
  Question,  ///< something the client asked or claimed
};

/// Collects the decisions of one session that somebody wants to see. Bounded: what does not fit is counted. Pure.
class DecisionRecorder {
 public:
  /// New flows recorded of one session in one second; flows of rules that log them have as many for themselves.
  static constexpr std::uint32_t kKeptPerSecond = 50;
  static constexpr std::uint32_t kShownPerSecond = 200;
  static constexpr std::uint32_t kDenialsPerSecond = 10;
  static constexpr std::uint32_t kQuestionsPerSecond = 5;
  /// Questions and other messages of a client that are read in one second: each costs many times what a packet of its
  /// length costs, and others have their sessions on the same thread.
  static constexpr std::uint32_t kReadPerSecond = 100;
  /// Events that wait to be taken; ends of logged flows, which are no more than their starts, come on top.
  static constexpr std::size_t kMaxWaiting = 256;
  static constexpr auto kTellLosses = std::chrono::seconds{1};

  /// `budgets` of the device on the long run; null: it has as much as one that was not here yet.
  explicit DecisionRecorder(std::shared_ptr<DeviceBudgets> budgets)
      : budgets_{budgets ? std::move(budgets) : std::make_shared<DeviceBudgets>()} {}

  void watch(DecisionWatch watch) noexcept { watch_ = watch; }
  [[nodiscard]] bool is_watched() const noexcept { return watch_.any(); }
  [[nodiscard]] bool traces() const noexcept { return watch_.trace; }

  /// Whether the first packet of an allowed flow is worth a record.
  [[nodiscard]] bool is_news(const Destination& destination, const Decision& decision, WallTime now) const {
    return watch_.keep && (decision.shadow != kNoRule || !memory_.knows(destination, decision.rule, now));
  }
  /// It was recorded.
  void remember(const Destination& destination, const Decision& decision, WallTime now) {
    memory_.remember(destination, decision.rule, now);
  }
  void forget() noexcept { memory_.clear(); }
  [[nodiscard]] FlowOrigins& origins() noexcept { return origins_; }

  /// Whether a refusal is told and recorded; what is not is counted.
  [[nodiscard]] bool may_tell(Telling what, TimePoint now) noexcept;
  /// Whether a message is read at all; what is not is counted.
  [[nodiscard]] bool may_read(TimePoint now) noexcept {
    const bool may = read_.take(now);
    if (!may) ++losses_.unread;
    return may;
  }
  /// Whether it is recorded that posture checks turned. What is not now can be later: nothing is lost.
  [[nodiscard]] bool may_tell_posture(TimePoint now) noexcept { return budgets_->posture.take(now); }
  /// Whether it is recorded which authorities a device trusts.
  [[nodiscard]] bool may_tell_authorities(TimePoint now) noexcept { return budgets_->authorities.take(now); }

  /// `event.is_kept` says whether the log wants it; without that it is for a trace. True: the log will have it.
  bool add(DecisionEvent event, TimePoint now);
  void lose(std::uint64_t count) noexcept { losses_.decisions += count; }

  [[nodiscard]] bool has_any() const noexcept { return !waiting_.empty(); }
  [[nodiscard]] std::vector<DecisionEvent> take() { return std::exchange(waiting_, {}); }

  /// There is something to tell of what was lost, and the last time was not just now.
  [[nodiscard]] bool has_losses(TimePoint now) const noexcept {
    return losses_.any() && now - losses_told_ >= kTellLosses;
  }
  /// Those since the last call.
  [[nodiscard]] SessionLosses take_losses(TimePoint now) noexcept {
    losses_told_ = now;
    all_losses_ += losses_;
    return std::exchange(losses_, {});
  }
  [[nodiscard]] SessionLosses all_losses() const noexcept { return SessionLosses{all_losses_} += losses_; }

 private:
  [[nodiscard]] bool may_keep(const DecisionEvent& event, TimePoint now) noexcept;
  bool put(DecisionEvent event);
  bool drop_shown();

  std::shared_ptr<DeviceBudgets> budgets_;
  DecisionWatch watch_;
  DecisionMemory memory_;
  FlowOrigins origins_;
  std::vector<DecisionEvent> waiting_;
  SecondLimit opened_{kKeptPerSecond};
  SecondLimit logged_{kKeptPerSecond};
  SecondLimit shown_{kShownPerSecond};
  SecondLimit denials_{kDenialsPerSecond};
  SecondLimit questions_{kQuestionsPerSecond};
  SecondLimit read_{kReadPerSecond};
  SessionLosses losses_;      ///< not taken yet
  SessionLosses all_losses_;  ///< taken
  TimePoint losses_told_ = TimePoint{};
};

}  // namespace sallyport
