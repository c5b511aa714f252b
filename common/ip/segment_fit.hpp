#pragma once

#include "common/base/bytes.hpp"

#include <cstdint>

namespace sallyport {

/// The largest segment that both ends of a TCP connection inside may send, as their SYNs say it, where they would agree
/// on that of an Ethernet.
///
/// A kernel moves up to 64 KiB of whole segments at once, inside and outside. 45 segments of an Ethernet inside, with
/// the headers and records around them, are 152 octets more than 45 of the same size outside: the rest would go by
/// itself, as a packet that costs all processors on its way about what one of 64 KiB does. Of segments that are 24
/// octets shorter everything fits, also into a connection over IPv6.
inline constexpr std::uint16_t kFittingSegment = 1436;
/// What an Ethernet of 1,500 octets gives to IPv4. Whoever takes larger segments has another network.
inline constexpr std::uint16_t kEthernetSegment = 1460;

/// Of a SYN that names a segment in between makes one that names kFittingSegment, its checksum right if it was. All
/// other packets stay as they are.
void fit_segments(MutableBytes packet) noexcept;

}  // namespace sallyport
