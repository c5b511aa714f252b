#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/sha256.hpp"

#include <array>

namespace sallyport {

using Sha1Mac = std::array<std::byte, 20>;

/// HMAC (RFC 2104) with SHA-1: for the codes of RFC 4226 and RFC 6238, and nothing else.
[[nodiscard]] Result<Sha1Mac, PkiError> hmac_sha1(Bytes key, Bytes message);

/// HMAC with SHA-256: nobody without the key can tell the result.
[[nodiscard]] Result<Sha256Digest, PkiError> hmac_sha256(Bytes key, Bytes message);

/// Compares in a time that depends on the sizes alone.
[[nodiscard]] bool equal_in_constant_time(Bytes a, Bytes b) noexcept;

}  // namespace sallyport
