#pragma once

#include "common/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace sallyport {

enum class SendState : std::uint8_t {
  Sent,     ///< all of it; the buffer is empty
  Blocked,  ///< the socket takes no more for now
  Gone,     ///< the peer is; errno says why
};

/// Gives a non-blocking socket what it takes of `outbox` from `sent` on, and moves `sent` along.
[[nodiscard]] SendState send_pending(int fd, ByteBuffer& outbox, std::size_t& sent) noexcept;

}  // namespace sallyport
