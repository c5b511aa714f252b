#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/packet.hpp"

#include <cstddef>
#include <cstdint>

namespace sallyport {

/// What a refused sender is told.
enum class Refusal : std::uint8_t {
  Prohibited,     ///< TCP RST; otherwise ICMP 3/13 or ICMPv6 1/1
  SourceRefused,  ///< ICMPv6 1/5; ICMP 3/13
  NoRoute,        ///< ICMP 3/0 or ICMPv6 1/0
};

/// No answer is larger: RFC 4443 2.4 (c). IPv4 answers end at 576 (RFC 1812 4.3.2.3).
inline constexpr std::size_t kMaxRefusalSize = 1280;

/// False for what must stay unanswered: ICMP errors and redirects, later fragments, RST segments, and packets from or
/// to addresses that are not one host (RFC 1812 4.3.2.7, RFC 4443 2.4 e).
[[nodiscard]] bool is_answerable(const PacketView& packet) noexcept;

/// Writes the answer to `packet`, as if its destination had sent it, and returns its size.
/// 0: the packet must stay unanswered, or the answer does not fit; kMaxRefusalSize always suffices.
[[nodiscard]] std::size_t write_refusal(const PacketView& packet, Refusal refusal, MutableBytes out) noexcept;

}  // namespace sallyport
