#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport {

/// Why octets are not a packet that may be judged.
enum class PacketError : std::uint8_t {
  Truncated,                ///< shorter than its own headers say
  BadVersion,               ///< neither 4 nor 6
  BadHeaderLength,          ///< IPv4 header or total length impossible
  BadChecksum,              ///< IPv4 header checksum wrong
  BadOption,                ///< an option runs out of its header, or a jumbogram
  SourceRoute,              ///< LSRR, SSRR, a routing header still in use, a Home Address option
  RoutingHeaderType0,       ///< RFC 5095
  BadExtensionHeader,       ///< misplaced hop-by-hop options, a second fragment header
  TooManyExtensionHeaders,  ///< more than kMaxExtensionHeaders
  BadFragment,              ///< empty, odd length before the end, or past the largest datagram
  TinyFragment,             ///< first fragment without the whole header chain: RFC 1858, RFC 7112
  FragmentOffsetOne,        ///< TCP at offset 8, which could overwrite the flags: RFC 3128
  BadTransport,             ///< TCP, UDP or ICMP header short or impossible
};

[[nodiscard]] std::string_view describe(PacketError error) noexcept;

}  // namespace sallyport
