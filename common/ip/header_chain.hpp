#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/packet_error.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// RFC 8883 lets a node give up behind this many; real packets have one or two.
inline constexpr unsigned kMaxExtensionHeaders = 8;

/// Which part of a datagram a packet carries. The default is a whole one.
struct Fragment {
  std::uint32_t id = 0;
  std::uint32_t offset = 0;  ///< in octets
  bool more = false;

  friend bool operator==(const Fragment&, const Fragment&) = default;
};

/// Where the network headers of a packet end. Offsets count from the start of the packet.
struct HeaderChain {
  std::uint8_t protocol = 0;       ///< of what begins at `transport`
  std::uint32_t transport = 0;     ///< first octet behind all network headers
  std::uint32_t fragmentable = 0;  ///< first octet that fragmentation divides
  Fragment fragment;
};

// Both write where the caller will read: on the packet path a copy would cost as much as the walk. After an error what
// stands in `chain`, a fresh one, means nothing.

/// The header of an IPv4 packet that may be cut short behind it; total length and checksum are the caller's business.
[[nodiscard]] std::optional<PacketError> walk_ipv4_header(Bytes packet, HeaderChain& chain) noexcept;

/// The headers of an IPv6 packet that may be cut short behind them; the payload length is the caller's business.
/// Stops behind the fragment header of a later fragment: what follows is not a header.
[[nodiscard]] std::optional<PacketError> walk_ipv6_headers(Bytes packet, HeaderChain& chain) noexcept;

}  // namespace sallyport
