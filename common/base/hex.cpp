#include "common/base/hex.hpp"

namespace sallyport {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string to_hex(Bytes octets) {
  std::string out;
  out.reserve(octets.size() * 2);
  for (const std::byte octet : octets) {
    out.push_back(kDigits[std::to_integer<std::size_t>(octet >> 4U)]);
    out.push_back(kDigits[std::to_integer<std::size_t>(octet & std::byte{0x0f})]);
  }
  return out;
}

std::optional<ByteBuffer> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  ByteBuffer out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = kDigits.find(text[i]);
    const auto low = kDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out.push_back(static_cast<std::byte>((high << 4U) | low));
  }
  return out;
}

}  // namespace sallyport
