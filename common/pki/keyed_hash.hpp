#pragma once

#include "common/pki/sha256.hpp"

namespace sallyport {

/// HMAC-SHA-256 (RFC 2104): nobody without the key can tell the result.
[[nodiscard]] Result<Sha256Digest, PkiError> keyed_hash(Bytes key, Bytes message);

}  // namespace sallyport
