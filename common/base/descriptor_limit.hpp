#pragma once

#include <cstdint>

namespace sallyport {

/// Lets this process have as many descriptors open as its hard limit allows: that many. The soft limit, often 1,024, is
/// for programs that use select().
[[nodiscard]] std::uint64_t raise_descriptor_limit() noexcept;

}  // namespace sallyport
