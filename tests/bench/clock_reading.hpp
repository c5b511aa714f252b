#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

/// Times as the kernel stamps packets with them, in nanoseconds of one of its clocks.
namespace sallyport {

inline constexpr std::int64_t kSecond = 1'000'000'000;

/// With why the last call failed.
[[noreturn]] inline void die(const char* words) {
  std::perror(words);
  std::exit(1);
}

[[nodiscard]] inline std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

[[nodiscard]] inline std::int64_t clock_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return nanoseconds(time);
}

}  // namespace sallyport
