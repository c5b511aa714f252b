#pragma once

#include <cstdint>

namespace sallyport {

/// How long a thread goes on once it has a processor that others want too.
enum class Turns : std::uint8_t {
  Usual,
  Short,  ///< sooner at it when something wakes the thread, and sooner off it again; its share stays the same
};

/// Of the calling thread, and of those that it starts. Short ones are for threads that somebody waits for and that have
/// little to do each time. Where the kernel knows nothing of it (before Linux 6.12) or does not allow it, nothing
/// changes.
void take_turns(Turns turns) noexcept;

}  // namespace sallyport
