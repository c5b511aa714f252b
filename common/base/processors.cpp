#include "common/base/processors.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace sallyport {

std::size_t usable_processors() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  // A machine with more processors than a set has room for is large enough for the other answer.
  const int usable = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
  const auto count = usable > 0 ? static_cast<std::size_t>(usable) : std::thread::hardware_concurrency();
  return std::max<std::size_t>(count, 1);
}

}  // namespace sallyport
