#include "client/session/switch_schedule.hpp"

#include <algorithm>

namespace sallyport {

Duration SwitchSchedule::wait_after_failure() {
  bound_ = bound_ == Duration{} ? kFirst : std::min(bound_ * 2, kLongest);
  std::uniform_int_distribution<Duration::rep> wait{(bound_ / 2).count(), bound_.count()};
  return Duration{wait(random_)};
}

}  // namespace sallyport
