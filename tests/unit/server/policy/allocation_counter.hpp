#pragma once

#include <cstddef>

namespace sallyport {

/// How often this binary has called operator new, in all threads.
[[nodiscard]] std::size_t allocation_count() noexcept;

}  // namespace sallyport
