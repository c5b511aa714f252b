#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <cstdint>

namespace sallyport {

/// The Internet checksum (RFC 1071), summed over several pieces.
class InternetChecksum {
 public:
  /// Every piece but the last has an even length.
  void add(Bytes piece) noexcept {
    if (piece.size() >= kLongPiece) piece = add_long(piece);
    // Four octets at a time: 2^16 is 1 in this arithmetic, so both halves of a word weigh the same.
    for (; piece.size() >= 4; piece = piece.subspan(4)) sum_ += load_be32(piece);
    if (piece.size() >= 2) sum_ += load_be16(piece);
    if (piece.size() % 2 != 0) sum_ += std::to_integer<std::uint64_t>(piece.back()) << 8U;
  }
  /// The pseudo-header of TCP, UDP and ICMPv6 (RFC 9293 3.1, RFC 8200 8.1).
  void add_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                         std::size_t length) noexcept;
  /// What belongs in the checksum field; 0 over a range that contains a correct one.
  [[nodiscard]] std::uint16_t value() const noexcept { return static_cast<std::uint16_t>(~unsigned{folded()}); }
  /// The sum so far: what a checksum field holds that somebody else completes.
  [[nodiscard]] std::uint16_t folded() const noexcept {
    std::uint64_t sum = sum_;
    while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(sum);
  }

 private:
  static constexpr std::size_t kLongPiece = 64;
  /// Payload, in words of the machine: the sum does not depend on the order of octets but for one swap at the end
  /// (RFC 1071 2B). Returns what is left, a few octets.
  [[nodiscard]] Bytes add_long(Bytes piece) noexcept;

  std::uint64_t sum_ = 0;
};

/// Of one piece.
[[nodiscard]] inline std::uint16_t internet_checksum(Bytes bytes) noexcept {
  InternetChecksum checksum;
  checksum.add(bytes);
  return checksum.value();
}

}  // namespace sallyport
