#include "common/pki/sha256.hpp"

#include "common/pki/wolfcrypt.hpp"

#include <wolfssl/wolfcrypt/hash.h>

namespace sallyport {

Result<Sha256Digest, PkiError> sha256(Bytes octets) {
  static_assert(sizeof(Sha256Digest) == WC_SHA256_DIGEST_SIZE);
  Sha256Digest digest{};
  const int status = wc_Sha256Hash(wolf::data(octets), wolf::size(octets), wolf::room(digest));
  if (status != 0) return wolf::library_failure("cannot compute a digest", status);
  return digest;
}

}  // namespace sallyport
