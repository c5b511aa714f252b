#pragma once

#include "common/tls/aes_gcm.hpp"

namespace sallyport {

/// Whether it seals and opens with both sizes of keys as NIST's test vectors have it, records of 41 lengths as wolfSSL
/// does, and refuses what was tampered with, leaving no plaintext.
[[nodiscard]] bool gives_known_answers(const AesGcm& cipher);

}  // namespace sallyport
