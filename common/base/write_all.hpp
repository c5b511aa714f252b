#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace sallyport {

/// Into a descriptor that blocks. False: errno says why not all of it was written.
[[nodiscard]] inline bool write_all(int fd, std::string_view octets) noexcept {
  while (!octets.empty()) {
    const ssize_t n = ::write(fd, octets.data(), octets.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace sallyport
