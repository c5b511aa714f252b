#include "common/ip/checksum.hpp"

namespace sallyport {

void InternetChecksum::add(Bytes piece) noexcept {
  std::size_t i = 0;
  for (; i + 1 < piece.size(); i += 2) sum_ += load_be16(piece.subspan(i, 2));
  if (i < piece.size()) sum_ += std::to_integer<std::uint64_t>(piece[i]) << 8U;
}

void InternetChecksum::add_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                         std::size_t length) noexcept {
  add(source.octets());
  add(destination.octets());
  sum_ += protocol;
  sum_ += length;
}

std::uint16_t InternetChecksum::value() const noexcept {
  std::uint64_t sum = sum_;
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

std::uint16_t internet_checksum(Bytes bytes) noexcept {
  InternetChecksum checksum;
  checksum.add(bytes);
  return checksum.value();
}

}  // namespace sallyport
