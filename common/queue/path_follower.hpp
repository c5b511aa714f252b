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

}  // namespace sallyport
