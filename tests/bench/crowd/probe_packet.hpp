#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// An IPv4 packet with UDP from a member to the sink, which says who sent it.
struct ProbePacket {
  IpAddress from;
  IpAddress to;
  std::uint16_t port = 0;
  std::uint32_t member = 0;
  std::uint32_t round = 0;
};

/// 64 octets of UDP payload, as in the other measurements.
[[nodiscard]] ByteBuffer probe_packet(const ProbePacket& probe);
/// What came back of it; addresses are left out. Nullopt: something else.
[[nodiscard]] std::optional<ProbePacket> read_probe_packet(Bytes packet);

}  // namespace sallyport
