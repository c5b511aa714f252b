#pragma once

#include "common/base/bytes.hpp"

namespace sallyport {

/// Says to an IP packet whose flow speaks ECN that it met congestion (RFC 3168 section 5): sets CE, and repairs the
/// IPv4 header checksum (RFC 1624). A super-packet is marked as a whole, and so is every segment of it. True when the
/// packet bears the mark, from here or from before; false when it is not ECN-capable, and nothing was changed. Requires
/// at least 20 octets.
[[nodiscard]] bool mark_congestion(MutableBytes packet) noexcept;

}  // namespace sallyport
