#include "common/ip/checksum.hpp"

#include <bit>
#include <cstring>

namespace sallyport {

void InternetChecksum::add_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                         std::size_t length) noexcept {
  add(source.octets());
  add(destination.octets());
  sum_ += protocol;
  sum_ += length;
}

Bytes InternetChecksum::add_long(Bytes piece) noexcept {
  constexpr std::size_t kBlock = 16;
  std::uint64_t even = 0;
  std::uint64_t odd = 0;
  for (; piece.size() >= kBlock; piece = piece.subspan(kBlock)) {
    std::uint32_t words[4];
    std::memcpy(words, piece.data(), kBlock);
    even += std::uint64_t{words[0]} + words[1];
    odd += std::uint64_t{words[2]} + words[3];
  }
  InternetChecksum native;
  native.sum_ = even + odd;
  const unsigned sum = native.folded();
  sum_ += std::endian::native == std::endian::big ? sum : ((sum & 0xffU) << 8U) | (sum >> 8U);
  return piece;
}

}  // namespace sallyport
