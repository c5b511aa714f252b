#pragma once

#include "common/base/bytes.hpp"

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sallyport {

/// The largest value a variable-length integer carries (RFC 9000 section 16).
inline constexpr std::uint64_t kMaxVarint = (std::uint64_t{1} << 62U) - 1;
inline constexpr std::size_t kMaxVarintSize = 8;

/// Octets of the shortest encoding. Requires value <= kMaxVarint.
[[nodiscard]] constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  if (value < (std::uint64_t{1} << 6U)) return 1;
  if (value < (std::uint64_t{1} << 14U)) return 2;
  return value < (std::uint64_t{1} << 30U) ? 4 : 8;
}

/// Writes the shortest encoding and returns its size. Requires room for varint_size(value).
constexpr std::size_t store_varint(MutableBytes out, std::uint64_t value) noexcept {
  assert(value <= kMaxVarint);
  const std::size_t size = varint_size(value);
  for (std::size_t i = size; i-- > 0; value >>= 8U) out[i] = static_cast<std::byte>(value & 0xffU);
  constexpr std::array<std::byte, 9> kTag{std::byte{}, std::byte{}, std::byte{0x40}, std::byte{},    std::byte{0x80},
                                          std::byte{}, std::byte{}, std::byte{},     std::byte{0xc0}};
  out[0] |= kTag[size];
  return size;
}

inline void append_varint(ByteBuffer& out, std::uint64_t value) {
  std::array<std::byte, kMaxVarintSize> encoded{};
  append(out, Bytes{encoded}.first(store_varint(encoded, value)));
}

struct Varint {
  std::uint64_t value;
  std::size_t size;  ///< octets it took; not always the fewest
};

/// Reads one integer from the front; nullopt when `bytes` ends within it.
[[nodiscard]] inline std::optional<Varint> parse_varint(Bytes bytes) noexcept {
  if (bytes.empty()) return std::nullopt;
  const std::size_t size = std::size_t{1} << (std::to_integer<unsigned>(bytes[0]) >> 6U);
  if (bytes.size() < size) return std::nullopt;
  std::uint64_t value = std::to_integer<std::uint64_t>(bytes[0]) & 0x3fU;
  for (const std::byte octet : bytes.subspan(1, size - 1))
    value = (value << 8U) | std::to_integer<std::uint64_t>(octet);
  return Varint{value, size};
}

}  // namespace sallyport
