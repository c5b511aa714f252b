#pragma once

#include "common/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Lower case, two characters an octet.
[[nodiscard]] std::string to_hex(Bytes octets);
/// Nullopt for an odd length or other characters.
[[nodiscard]] std::optional<ByteBuffer> from_hex(std::string_view text);

}  // namespace sallyport
