#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <cstdint>

namespace sallyport {

/// The Internet checksum (RFC 1071), summed over several pieces.
class InternetChecksum {
 public:
  /// Every piece but the last has an even length.
  void add(Bytes piece) noexcept;
  /// The pseudo-header of TCP, UDP and ICMPv6 (RFC 9293 3.1, RFC 8200 8.1).
  void add_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                         std::size_t length) noexcept;
  /// What belongs in the checksum field; 0 over a range that contains a correct one.
  [[nodiscard]] std::uint16_t value() const noexcept;

 private:
  std::uint64_t sum_ = 0;
};

/// Of one piece.
[[nodiscard]] std::uint16_t internet_checksum(Bytes bytes) noexcept;

}  // namespace sallyport
