#pragma once

#include "common/base/bytes.hpp"

#include <string>

namespace sallyport {

/// RFC 4648 section 6 without padding, as authenticator apps want their secrets.
[[nodiscard]] std::string to_base32(Bytes octets);

}  // namespace sallyport
