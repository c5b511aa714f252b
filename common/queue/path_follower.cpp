#include "common/queue/path_follower.hpp"

#include "common/base/pacing_need.hpp"
#include "common/base/path_sample.hpp"

namespace sallyport {

void begin_path(int fd, Egress& egress) noexcept {
  const auto sample = sample_path(fd);
  if (sample && egress.unread().begin(*sample) == UnreadLimit::Change::Set) limit_unread(fd, UnreadLimit::kOctets);
}

void follow_path(int fd, Egress& egress, std::size_t octets, TimePoint now) noexcept {
  if (!egress.pace().note(octets, now)) return;
  const auto sample = sample_path(fd);
  if (const auto limit = egress.pace().adapt(sample, now)) set_unsent_limit(fd, *limit);
  if (!sample) return;
  if (egress.unread().follow(*sample) == UnreadLimit::Change::Lift) lift_unread_limit(fd);
  pace_if_needed(fd, egress.pacing(), *sample, now);
  if (const auto rate = egress.brake().follow(*sample, now)) set_rate_limit(fd, *rate);
}

}  // namespace sallyport
