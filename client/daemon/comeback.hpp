#pragma once

#include "client/daemon/gateway_connection.hpp"
#include "client/session/reconnect.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// When a tunnel whose connection has ended is tried again: by time, by the next packet for it, or when its person
/// asks. Pure.
class Comeback {
 public:
  explicit Comeback(std::uint64_t seed);

  /// The attempt or the session ended so. How long to wait; nullopt: it rests until something happens.
  /// `can_be_called`: there is an interface that a packet can come through.
  [[nodiscard]] std::optional<Duration> plan(const ConnectionEnd& end, bool can_be_called, TimePoint now);
  /// An attempt begins, or nobody wants one.
  void settle() noexcept { rests_ = false; }
  /// A packet calls. How long to wait: nobody asked, so a gateway that ends each session as idle is called by packets
  /// no sooner than by time. Requires waits_for_traffic().
  [[nodiscard]] Duration wake(TimePoint now) noexcept;

  /// No attempt is to come by itself.
  [[nodiscard]] bool rests() const noexcept { return rests_; }
  [[nodiscard]] bool waits_for_traffic() const noexcept { return rests_ && resume_ == Resume::WithTraffic; }

  void note_online(TimePoint now) noexcept { reconnect_.note_online(now); }
  /// Its person asks: the next loss counts as the first.
  void reset() noexcept { reconnect_.reset(); }

 private:
  Reconnect reconnect_;
  bool rests_ = false;
  Resume resume_ = Resume::ByTime;
  TimePoint wake_from_{};  ///< however soon a packet calls
};

}  // namespace sallyport
