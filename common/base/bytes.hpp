#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace sallyport {

/// Borrowed octets. The owner outlives the span.
using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using ByteBuffer = std::vector<std::byte>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span{text.data(), text.size()});
}
[[nodiscard]] inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Appends without assuming anything about aliasing: `bytes` must not point into `out`.
inline void append(ByteBuffer& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

/// Big-endian loads and stores. Require `bytes.size()` >= the width.
[[nodiscard]] inline std::uint16_t load_be16(Bytes bytes) noexcept {
  return static_cast<std::uint16_t>((std::to_integer<unsigned>(bytes[0]) << 8U) | std::to_integer<unsigned>(bytes[1]));
}
[[nodiscard]] inline std::uint32_t load_be32(Bytes bytes) noexcept {
  return (static_cast<std::uint32_t>(load_be16(bytes)) << 16U) | load_be16(bytes.subspan(2));
}
inline void store_be16(MutableBytes out, std::uint16_t value) noexcept {
  out[0] = static_cast<std::byte>(value >> 8U);
  out[1] = static_cast<std::byte>(value & 0xffU);
}
inline void store_be32(MutableBytes out, std::uint32_t value) noexcept {
  store_be16(out, static_cast<std::uint16_t>(value >> 16U));
  store_be16(out.subspan(2), static_cast<std::uint16_t>(value & 0xffffU));
}

}  // namespace sallyport
