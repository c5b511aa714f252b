#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/packet.hpp"

#include <array>
#include <cstdint>

namespace sallyport {

/// Random, so that nobody can choose flows that meet in one queue.
using FlowHashKey = std::array<std::uint64_t, 2>;

/// From the system's random octets.
[[nodiscard]] FlowHashKey random_flow_key();

/// SipHash-2-4.
[[nodiscard]] std::uint64_t keyed_hash(Bytes bytes, const FlowHashKey& key) noexcept;

/// Of addresses, protocol and, where the packet shows them, ports or the id of an echo. All fragments of a flow have
/// one hash.
[[nodiscard]] std::uint64_t flow_hash(const PacketView& packet, const FlowHashKey& key) noexcept;

/// That of the packets which go the other way.
[[nodiscard]] std::uint64_t reverse_flow_hash(const PacketView& packet, const FlowHashKey& key) noexcept;

}  // namespace sallyport
