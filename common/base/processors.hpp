#pragma once

#include <cstddef>

namespace sallyport {

/// How many processors this process may run on: a service manager or a container may give it fewer than there are. At
/// least one.
[[nodiscard]] std::size_t usable_processors() noexcept;

}  // namespace sallyport
