#include "client/session/reconnect.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// Of the time that nobody has listened.
constexpr int kShare = 32;

}  // namespace

Duration Reconnect::wait_after(Outcome outcome, TimePoint now) {
  if (online_since_ && now - *online_since_ >= options_.stable) bound_ = {};
  online_since_.reset();
  const Duration upper = bound(outcome, now);
  std::uniform_int_distribution<Duration::rep> wait{(upper / 2).count(), upper.count()};
  return Duration{wait(random_)};
}

Duration Reconnect::wait_within(std::chrono::seconds time, TimePoint now) {
  const Duration least = wait_after(Outcome::Lost, now);
  std::uniform_int_distribution<Duration::rep> wait{0, Duration{time}.count()};
  return std::max(least, Duration{wait(random_)});
}

Duration Reconnect::bound(Outcome outcome, TimePoint now) noexcept {
  if (outcome == Outcome::Refused) return options_.refused;
  if (!lost_since_) lost_since_ = now;
  if (outcome == Outcome::Absent) return std::clamp((now - *lost_since_) / kShare, options_.first, options_.longest);
  bound_ = bound_ == Duration{} ? options_.first : std::min(bound_ * 2, options_.longest);
  return bound_;
}

void Reconnect::reset() noexcept {
  bound_ = {};
  online_since_.reset();
  lost_since_.reset();
}

}  // namespace sallyport
