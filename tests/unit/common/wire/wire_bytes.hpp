#pragma once

#include "common/base/bytes.hpp"

#include <initializer_list>
#include <string_view>
#include <vector>

namespace sallyport {

/// Octets from numbers: bytes_of({0x01, 0xff}).
inline ByteBuffer bytes_of(std::initializer_list<unsigned> octets) {
  ByteBuffer bytes;
  for (const unsigned octet : octets) bytes.push_back(static_cast<std::byte>(octet));
  return bytes;
}

inline ByteBuffer bytes_of(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

inline ByteBuffer joined(std::initializer_list<ByteBuffer> parts) {
  ByteBuffer all;
  for (const ByteBuffer& part : parts) append(all, part);
  return all;
}

}  // namespace sallyport
