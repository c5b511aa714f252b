#include "server/proof/base32.hpp"

#include <cstdint>
#include <string_view>

namespace sallyport {

std::string to_base32(Bytes octets) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t waiting = 0;  // bits that were read and not written yet, the last ones lowest
  unsigned count = 0;
  for (const std::byte octet : octets) {
    waiting = (waiting << 8U | std::to_integer<std::uint32_t>(octet)) & 0xfffU;
    for (count += 8; count >= 5; count -= 5) text += kAlphabet[waiting >> (count - 5) & 31U];
  }
  if (count != 0) text += kAlphabet[waiting << (5 - count) & 31U];
  return text;
}

}  // namespace sallyport
