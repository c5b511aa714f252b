#pragma once

#include "common/ip/packet_error.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport {

/// Why a packet did not pass.
enum class DropReason : std::uint8_t {
  None,                 ///< it passed
  Malformed,            ///< headers short, impossible or contradictory
  BadChecksum,          ///< IPv4 header checksum
  SourceRouted,         ///< LSRR, SSRR, RH0 and their like
  ExtensionHeaders,     ///< too many, or out of place
  TinyFragment,         ///< RFC 1858, RFC 3128, RFC 7112
  BadFragment,          ///< impossible size or offset
  OverlappingFragment,  ///< RFC 5722: and everything after it in the same datagram
  NoFirstFragment,      ///< later fragment whose first one did not pass before it, or passed too long ago
  ForeignSource,        ///< from the client, source is not its inside address
  ForeignDestination,   ///< from the office, destination is not the client's inside address
  Martian,              ///< far address is no host's: 0/8, 127/8, 240/4, mapped, or the device itself
  LinkLocal,            ///< far address is link-local
  Multicast,            ///< far address is multicast
  UnsupportedIcmp,      ///< ICMP that is neither an echo nor one of the errors we carry
  ForeignQuote,         ///< ICMP error that does not quote a live flow of this client
  NoFlow,               ///< from the office, answers nothing that the client opened
  Forbidden,            ///< policy says no
  RateLimited,          ///< policy says no, and so many refusals were answered that this one is not
  BadSuperPacket,       ///< a super-packet that is not what it says, or that nobody may send
};
inline constexpr std::size_t kDropReasons = 20;

/// Words for a person: what, and what it means.
[[nodiscard]] std::string_view describe(DropReason reason) noexcept;
/// Stable, for records and metrics: "foreign_source".
[[nodiscard]] std::string_view name_of(DropReason reason) noexcept;

[[nodiscard]] DropReason drop_reason_for(PacketError error) noexcept;

}  // namespace sallyport
