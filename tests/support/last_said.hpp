#pragma once

#include <poll.h>
#include <unistd.h>

#include <cstdint>

namespace sallyport {

/// Waits, ten seconds at most, until a process wrote something into this pipe, which stays in it.
inline void await_word(int pipe) {
  pollfd word{.fd = pipe, .events = POLLIN, .revents = 0};
  (void)::poll(&word, 1, 10'000);
}

/// The last number that a process wrote into this pipe before it was killed: what it said was done. 0: it said none.
inline std::uint64_t last_said(int pipe) {
  std::uint64_t last = 0;
  std::uint64_t number = 0;
  while (::read(pipe, &number, sizeof number) == sizeof number) last = number;
  return last;
}

}  // namespace sallyport
