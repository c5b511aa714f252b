#include "client/session/renewal_schedule.hpp"

#include <algorithm>

namespace sallyport {
namespace {

using std::chrono::seconds;

constexpr seconds kShortestWait{5};
constexpr seconds kLongestFirstWait = std::chrono::minutes{10};
constexpr seconds kHurryAgain = std::chrono::minutes{1};
/// Clocks that are corrected by less are no reason to hurry.
constexpr seconds kShift = std::chrono::minutes{1};
constexpr seconds kLongestWait = std::chrono::hours{12};

}  // namespace

seconds RenewalSchedule::up_to(seconds most) {
  return seconds{std::uniform_int_distribution<std::int64_t>{0, std::max<std::int64_t>(most.count(), 0)}(random_)};
}

void RenewalSchedule::follow(WallTime not_before, WallTime not_after) {
  if (not_before == not_before_ && not_after == not_after_) return;
  not_before_ = not_before;
  not_after_ = not_after;
  const seconds lifetime = std::max(not_after - not_before, seconds{0});
  first_due_ = not_before + lifetime * 2 / 3 + up_to(lifetime / 20);
  due_ = first_due_;
  failed_ = WallTime{};
  wait_ = std::clamp(lifetime / 500, kShortestWait, kLongestFirstWait);
}

void RenewalSchedule::hurry(WallTime now, seconds within) {
  if (due_ == kNever || (hurried_ <= now && now < hurried_ + kHurryAgain)) return;
  hurried_ = now;
  due_ = std::min(due_, now + up_to(within));
}

void RenewalSchedule::follow_clock(WallTime now) noexcept {
  if (now > failed_ - kShift) return;
  due_ = first_due_;
  failed_ = WallTime{};
}

void RenewalSchedule::note_failure(WallTime now) {
  failed_ = now;
  // Some attempts are to fall into what is left of the lifetime, however brief it is.
  const seconds longest = std::clamp((not_after_ - not_before_) / 50, kShortestWait, kLongestWait);
  due_ = now + wait_ + up_to(wait_ / 4);
  wait_ = std::min(wait_ * 2, longest);
}

}  // namespace sallyport
