#pragma once

#include "client/session/stall_watch.hpp"

namespace sallyport {

/// Of a connected TCP socket; all zero where the system does not say.
[[nodiscard]] StreamSample sample_stream(int fd) noexcept;

}  // namespace sallyport
