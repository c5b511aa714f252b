#pragma once

#include "common/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// RFC 4648 section 4, in one line.
[[nodiscard]] std::string to_base64(Bytes octets);

/// Strict, with spaces, tabs and line breaks anywhere; nullopt for other characters or misplaced padding.
[[nodiscard]] std::optional<ByteBuffer> from_base64(std::string_view text);

}  // namespace sallyport
