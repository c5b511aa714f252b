#include "common/base/base64.hpp"

#include <array>
#include <cstdint>

namespace sallyport {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto kValues = make_values();

}  // namespace

std::string to_base64(Bytes octets) {
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8U) | (i + j < octets.size() ? std::to_integer<std::uint32_t>(octets[i + j]) : 0U);
    }
    for (unsigned j = 0; j < 4; ++j) {
      const bool is_padding = i + j > octets.size();
      out.push_back(is_padding ? '=' : kAlphabet[(group >> (18U - 6U * j)) & 0x3fU]);
    }
  }
  return out;
}

std::optional<ByteBuffer> from_base64(std::string_view text) {
  ByteBuffer out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned count = 0;
  unsigned padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    const auto value = kValues[static_cast<unsigned char>(c)];
    if (c == '=') {
      ++padding;
    } else if (value < 0 || padding != 0) {
      return std::nullopt;
    }
    group = (group << 6U) | (c == '=' ? 0U : static_cast<std::uint32_t>(value));
    if (++count % 4 != 0) continue;
    if (padding > 2) return std::nullopt;
    for (unsigned j = 0; j < 3 - padding; ++j) out.push_back(static_cast<std::byte>((group >> (16U - 8U * j)) & 0xffU));
    group = 0;
  }
  if (count % 4 != 0 || padding > 2) return std::nullopt;
  return out;
}

}  // namespace sallyport
