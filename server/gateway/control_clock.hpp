#pragma once

#include "common/base/time.hpp"
#include "server/gateway/clock_floor.hpp"

#include <chrono>
#include <functional>
#include <utility>

namespace sallyport {

/// The time on the control thread: what the machine's clocks say, and the latest civil time that was seen. What the
/// second is for, ClockFloor says.
class ControlClock {
 public:
  explicit ControlClock(std::function<Now()> read) : read_{std::move(read)} {}

  [[nodiscard]] Now now() const { return read_(); }
  [[nodiscard]] WallTime latest() const { return floor_.at(now()); }
  /// How far the wall clock is behind that; never negative.
  [[nodiscard]] std::chrono::seconds behind() const { return floor_.behind(now()); }

  // The same at a moment that was read before; from any thread.
  [[nodiscard]] WallTime at(Now now) const noexcept { return floor_.at(now); }
  [[nodiscard]] std::chrono::seconds behind(Now now) const noexcept { return floor_.behind(now); }

  /// As those of ClockFloor.
  void raise(WallTime seen, Now now) noexcept { floor_.raise(seen, now); }
  void accept(Now now) noexcept { floor_.accept(now); }

 private:
  std::function<Now()> read_;
  mutable ClockFloor floor_;  ///< rises whenever somebody looks
};

}  // namespace sallyport
