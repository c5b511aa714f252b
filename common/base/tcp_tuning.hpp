#pragma once

#include <cstdint>

namespace sallyport {

/// Sets a tunnel's TCP socket up, both ends alike: no delay for small writes, a dead peer noticed within 30 s, little
/// unsent data in the kernel. What the kernel does not know is left at its default. See also use_congestion().
void tune_tunnel_socket(int fd) noexcept;

/// Before it connects: octets of data in a segment, at most. The hello tells it to the other end, which keeps to it too
/// (RFC 9293 section 3.7.1).
void limit_segments(int fd, std::uint16_t octets) noexcept;

}  // namespace sallyport
