#include "common/base/run_delay.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

RunDelay::RunDelay(pid_t thread)
    : file_{::open(("/proc/self/task/" + std::to_string(thread) + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC)} {}

/// proc(5): nanoseconds on a processor, nanoseconds of waiting for one, turns.
std::optional<Duration> RunDelay::read() const {
  std::array<char, 80> text{};
  const ssize_t size = ::pread(file_.get(), text.data(), text.size(), 0);
  if (size <= 0) return std::nullopt;
  const auto said = std::string_view{text.data(), static_cast<std::size_t>(size)};
  const auto gap = said.find(' ');
  if (gap == std::string_view::npos) return std::nullopt;
  std::int64_t waited = 0;
  const auto parsed = std::from_chars(said.data() + gap + 1, said.data() + said.size(), waited);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{waited});
}

}  // namespace sallyport
