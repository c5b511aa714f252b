#pragma once

#include "common/tls/aes_gcm.hpp"

namespace sallyport {

/// Whether it seals and opens with both sizes of keys as NIST's test vectors have it, a whole record as wolfSSL does,
/// and refuses what was tampered with, leaving no plaintext. Takes about 30 us.
[[nodiscard]] bool gives_known_answers(const AesGcm& cipher);

}  // namespace sallyport
