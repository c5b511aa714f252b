#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace sallyport {

struct ReconnectOptions {
  Duration first = std::chrono::milliseconds{20};  ///< upper bound of the first wait: a restart takes little longer
  Duration longest = std::chrono::seconds{15};     ///< upper bound of any wait after a lost connection
  Duration refused = std::chrono::seconds{60};     ///< upper bound after the gateway said no
  Duration stable = std::chrono::seconds{10};      ///< online this long, the next loss counts as the first
};

/// When to connect again. Every wait is drawn from the upper half of its bound, and bounds grow: clients of a gateway
/// that comes back spread out, and none waits long after a short outage. Pure: seed and times come from the caller.
class Reconnect {
 public:
  enum class Outcome : std::uint8_t {
    Lost,     ///< bounds double: a gateway that has trouble gets time
    Absent,   ///< nobody listens there: a thirty-second of the time since this began, as asking costs next to nothing
    Refused,  ///< the gateway said no
  };

  explicit Reconnect(std::uint64_t seed, ReconnectOptions options = {}) : options_{options}, random_{seed} {}

  /// The tunnel came up.
  void note_online(TimePoint now) noexcept {
    online_since_ = now;
    lost_since_.reset();
  }
  /// The session or the attempt ended. How long to wait before the next attempt.
  [[nodiscard]] Duration wait_after(Outcome outcome, TimePoint now);
  /// The gateway said within what time to come back: when, at random; never sooner than after a loss, or one that ends
  /// each session at once could have a laptop do nothing but handshakes.
  [[nodiscard]] Duration wait_within(std::chrono::seconds time, TimePoint now);
  /// The network or the wish of the person changed: the next loss counts as the first.
  void reset() noexcept;

 private:
  [[nodiscard]] Duration bound(Outcome outcome, TimePoint now) noexcept;

  ReconnectOptions options_;
  std::mt19937_64 random_;
  Duration bound_{};  ///< of the last wait after Lost; 0: none yet
  std::optional<TimePoint> online_since_;
  std::optional<TimePoint> lost_since_;  ///< the first loss or failure since the tunnel was up
};

}  // namespace sallyport
