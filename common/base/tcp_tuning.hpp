#pragma once

namespace sallyport {

/// Sets a tunnel's TCP socket up, both ends alike: no delay for small writes, a dead peer noticed within 30 s, little
/// unsent data in the kernel. What the kernel does not know is left at its default. See also use_congestion().
void tune_tunnel_socket(int fd) noexcept;

}  // namespace sallyport
