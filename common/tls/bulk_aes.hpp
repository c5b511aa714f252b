#pragma once

#include "common/tls/aes_gcm.hpp"

#include <memory>

namespace sallyport {

/// libipsec-mb's AES-GCM. Null where it is not faster than wolfSSL's: the processor needs VAES, VPCLMULQDQ and AVX-512;
/// and where the program was built without it. Whether what it computes is right is still to be asked.
/// It keeps nothing of what it is given: a key is expanded for each message, in 0.1 us, and wiped behind it.
[[nodiscard]] std::unique_ptr<const AesGcm> find_bulk_aes();

}  // namespace sallyport
