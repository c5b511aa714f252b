#include "common/queue/path_follower.hpp"

#include "common/base/pacing_need.hpp"
#include "common/base/path_sample.hpp"

namespace sallyport {
namespace {

void widen_unread(int fd) noexcept {
  limit_offer(fd, 2 * UnreadLimit::kOctets);
  change_unread_limit(fd, UnreadLimit::kOctets);
}

void follow_unread(int fd, UnreadLimit& unread, const PathSample& sample, bool is_hasty) noexcept {
  switch (unread.follow(sample, is_hasty)) {
    case UnreadLimit::Change::None:
      return;
    case UnreadLimit::Change::Set:
      return limit_unread(fd, UnreadLimit::kOctets);
    case UnreadLimit::Change::Shrink:
      return change_unread_limit(fd, UnreadLimit::kHastyOctets);
    case UnreadLimit::Change::Widen:
      return widen_unread(fd);
    case UnreadLimit::Change::Lift:
      widen_unread(fd);
      return lift_unread_limit(fd);
  }
}

}  // namespace

void begin_path(int fd, Egress& egress) noexcept {
  if (const auto sample = sample_path(fd)) follow_unread(fd, egress.unread(), *sample, false);
}

void hasten_path(int fd, Egress& egress, TimePoint now) noexcept {
  if (!egress.haste().note(now)) return;
  if (const auto limit = egress.pace().hasten()) set_unsent_limit(fd, *limit);
  if (egress.unread().hasten()) limit_offer(fd, UnreadLimit::kHastyOffer);
}

void follow_path(int fd, Egress& egress, std::size_t octets, TimePoint now) noexcept {
  if (!egress.pace().note(octets, now)) return;
  take_path(fd, egress, sample_path(fd), now);
}

void take_path(int fd, Egress& egress, const std::optional<PathSample>& sample, TimePoint now) noexcept {
  const bool is_hasty = egress.haste().is_on(now);
  if (const auto limit = egress.pace().adapt(sample, now, is_hasty)) set_unsent_limit(fd, *limit);
  if (!sample) return;
  egress.haste().follow(*sample, now);
  follow_unread(fd, egress.unread(), *sample, is_hasty);
  pace_if_needed(fd, egress.pacing(), *sample, now);
  if (const auto rate = egress.brake().follow(*sample, now)) set_rate_limit(fd, *rate);
}

}  // namespace sallyport
