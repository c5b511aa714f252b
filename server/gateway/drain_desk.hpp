#pragma once

#include "common/uv/loop.hpp"
#include "common/uv/timer.hpp"
#include "server/gateway/control_books.hpp"
#include "server/gateway/drain_plan.hpp"
#include "server/gateway/worker_orders.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace sallyport {

/// Asks every session to be followed by another one, and ends what has not moved in time.
class DrainDesk {
 public:
  struct Hooks {
    std::function<void()> stop_accepting;  ///< nobody is let in any more
    std::function<void()> stop;            ///< the gateway stops: all are gone
  };

  /// All outlive this.
  DrainDesk(Loop& loop, const ControlBooks& books, WorkerOrders& orders, Hooks hooks)
      : clock_{books.clock},
        registry_{books.registry},
        journal_{books.journal},
        log_{books.log},
        orders_{orders},
        hooks_{std::move(hooks)},
        timer_{loop, [this] { handle_timeout(); }} {}

  /// Spread over the first part of `period`. With `then_stop` nobody is let in meanwhile and the gateway stops at the
  /// end, or as soon as no session is left. While one is under way, all that another one can add is the stop: false
  /// when it adds nothing.
  bool drain(std::chrono::seconds period, bool then_stop, const std::string& by);
  /// What is due. Its own timer calls it.
  void handle_timeout();
  /// The gateway stops: no drain begins any more.
  void close() noexcept { is_closed_ = true; }

  [[nodiscard]] const std::optional<DrainPlan>& plan() const noexcept { return drain_; }
  /// Sessions that have still to move; 0 when nothing is drained.
  [[nodiscard]] std::size_t remaining() const;
  [[nodiscard]] bool stops_after_drain() const noexcept { return stops_after_drain_; }

 private:
  void note_drain(const char* what, std::chrono::seconds left, const std::string& by);
  void end_drain();

  const ControlClock& clock_;
  const SessionRegistry& registry_;
  AuditJournal& journal_;
  Log& log_;
  WorkerOrders& orders_;
  const Hooks hooks_;
  std::optional<DrainPlan> drain_;
  bool stops_after_drain_ = false;
  bool is_closed_ = false;
  Timer timer_;
};

}  // namespace sallyport
