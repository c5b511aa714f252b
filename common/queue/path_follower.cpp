#include "common/queue/path_follower.hpp"

#include "common/base/congestion.hpp"
#include "common/base/pacing_need.hpp"
#include "common/base/path_sample.hpp"

namespace sallyport {
namespace {

void follow_unread(int fd, UnreadLimit& unread, const PathSample& sample) noexcept {
  switch (unread.follow(sample)) {
    case UnreadLimit::Change::None:
      return;
    case UnreadLimit::Change::Set:
      return limit_unread(fd, UnreadLimit::kOctets);
    case UnreadLimit::Change::Lift:
      return lift_unread_limit(fd);
  }
}

}  // namespace

void begin_path(int fd, Egress& egress) noexcept {
  if (const auto sample = sample_path(fd)) follow_unread(fd, egress.unread(), *sample);
}

void follow_path(int fd, Egress& egress, std::size_t octets, TimePoint now) noexcept {
  if (!egress.pace().note(octets, now)) return;
  look_at_path(fd, egress, now);
}

void look_at_path(int fd, Egress& egress, TimePoint now) noexcept { take_path(fd, egress, sample_path(fd), now); }

void take_path(int fd, Egress& egress, const std::optional<PathSample>& sample, TimePoint now) noexcept {
  egress.follow(sample, now);
  // It says nothing new of what the path takes; what was lost is in the next sample, too.
  if (egress.stands()) return;
  if (const auto limit = egress.pace().adapt(sample, now)) set_unsent_limit(fd, *limit);
  if (!sample) return;
  follow_unread(fd, egress.unread(), *sample);
  pace_if_needed(fd, egress.pacing(), *sample, now);
  if (egress.start_up().follow(*sample, egress.pace().is_lossy(), now) && !restart_congestion(fd))
    egress.pace_by_need();
  if (const auto rate = egress.brake().follow(*sample, now)) set_rate_limit(fd, *rate);
}

}  // namespace sallyport
