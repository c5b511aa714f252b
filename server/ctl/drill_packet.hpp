#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// A UDP packet, whole with its IP header, that carries a number. The addresses are of one family.
[[nodiscard]] ByteBuffer drill_packet(const IpAddress& source, const IpAddress& destination, std::uint16_t port,
                                      std::uint32_t number);
/// The number in the payload of such a packet; nullopt: it is none.
[[nodiscard]] std::optional<std::uint32_t> number_in(Bytes payload) noexcept;

}  // namespace sallyport
