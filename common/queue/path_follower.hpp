#pragma once

#include "common/base/path_sample.hpp"
#include "common/base/time.hpp"
#include "common/queue/egress.hpp"

#include <cstddef>
#include <optional>

namespace sallyport {

/// To be called once, before much has come: says how much may wait to be read, where that is known by then.
void begin_path(int fd, Egress& egress) noexcept;

/// `octets` more were given to the TCP socket that `egress` leads to: now and then the kernel is asked about its path,
/// and told how much it may hold unsent, how fast it may send, whether to pace, and when to look for its rate anew.
void follow_path(int fd, Egress& egress, std::size_t octets, TimePoint now) noexcept;

/// The same, by a sample of that path.
void take_path(int fd, Egress& egress, const std::optional<PathSample>& sample, TimePoint now) noexcept;

/// The same, by a sample that is taken now.
void look_at_path(int fd, Egress& egress, TimePoint now) noexcept;

/// Before a packet is given to that socket: true, it is to wait in `egress`, since nobody hears the connection. On one
/// that does not stand the kernel is asked no more often than by follow_path() alone.
[[nodiscard]] inline bool path_stands(int fd, Egress& egress, TimePoint now) noexcept {
  if (egress.wants_look(now)) look_at_path(fd, egress, now);
  return egress.stands();
}

}  // namespace sallyport
