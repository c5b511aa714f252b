#include "client/daemon/comeback.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {
namespace {

/// Short while an outage may be a restart; a laptop that the gateway refuses asks twice a minute.
constexpr ReconnectOptions kReconnect{.first = std::chrono::milliseconds{20},
                                      .longest = std::chrono::seconds{10},
                                      .refused = std::chrono::seconds{30},
                                      .stable = std::chrono::seconds{10}};

}  // namespace

Comeback::Comeback(std::uint64_t seed) : reconnect_{seed, kReconnect} {}

std::optional<Duration> Comeback::plan(const ConnectionEnd& end, bool can_be_called, TimePoint now) {
  resume_ = end.resume;
  rests_ = end.resume == Resume::WhenAsked || (end.resume == Resume::WithTraffic && can_be_called);
  if (waits_for_traffic()) wake_from_ = now + reconnect_.wait_after(Reconnect::Outcome::Lost, now);
  if (rests_) return std::nullopt;
  if (end.is_worth_another) return Duration{};
  return end.return_within.count() > 0 ? reconnect_.wait_within(end.return_within, now)
                                       : reconnect_.wait_after(end.outcome, now);
}

Duration Comeback::wake(TimePoint now) noexcept {
  rests_ = false;
  return std::max(Duration{}, wake_from_ - now);
}

}  // namespace sallyport
