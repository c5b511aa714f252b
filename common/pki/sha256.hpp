#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <array>

namespace sallyport {

using Sha256Digest = std::array<std::byte, 32>;

/// FIPS 180-4.
[[nodiscard]] Result<Sha256Digest, PkiError> sha256(Bytes octets);

}  // namespace sallyport
