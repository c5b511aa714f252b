#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/public_key.hpp"

#include <string_view>

namespace sallyport {

/// A private key as PKCS#8 with its public half. The owner wipes `pkcs8`.
struct KeyPair {
  ByteBuffer pkcs8;
  PublicKey public_key;
};

[[nodiscard]] Result<KeyPair, PkiError> generate_key_pair(KeyKind kind);
/// PKCS#8, SEC 1 or PKCS#1, unencrypted; the first key in the text.
[[nodiscard]] Result<KeyPair, PkiError> decode_key_pair(std::string_view pem);
[[nodiscard]] PkiError unreadable_key();

}  // namespace sallyport
