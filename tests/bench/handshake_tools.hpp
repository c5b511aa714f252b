#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

/// What the parts of handshake_bench share.
namespace sallyport::handshakes {

using Clock = std::chrono::steady_clock;

[[noreturn]] inline void die(const std::string& words) {
  std::fprintf(stderr, "handshake_bench: %s\n", words.c_str());
  std::exit(1);
}

/// Of this thread.
[[nodiscard]] inline std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// How many, and microseconds of processor time of one.
inline void print_cost(int count, std::chrono::nanoseconds used) {
  std::printf("%d %.1f\n", count, count == 0 ? 0.0 : std::chrono::duration<double, std::micro>{used}.count() / count);
}

[[nodiscard]] inline sockaddr_in endpoint(const char* address, int port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, address, &result.sin_addr) != 1) die("not an IPv4 address");
  return result;
}

[[nodiscard]] inline bool connect_to(int socket, const sockaddr_in& place) {
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0;
}

}  // namespace sallyport::handshakes
