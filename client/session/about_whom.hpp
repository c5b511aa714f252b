#pragma once

#include "client/session/inside_packet.hpp"

#include <cstdint>

namespace sallyport {

/// Whom a packet to one of our inside addresses speaks about.
enum class AboutWhom : std::uint8_t {
  Us,
  Others,      ///< an ICMP error that does not quote a packet of that address, or not enough of it to tell
  Unreadable,  ///< may be one, and is not sound
};
/// A kernel believes an ICMP error whichever interface it comes by: about a connection outside the tunnel, too, whose
/// port is unreachable then, or whose packets become small. Of TCP and UDP only one octet is looked at.
[[nodiscard]] AboutWhom about_whom(const InsidePacket& packet) noexcept;

}  // namespace sallyport
