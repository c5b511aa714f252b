#include "common/pki/keyed_hash.hpp"

#include "common/pki/wolfcrypt.hpp"

#include <wolfssl/wolfcrypt/hmac.h>

namespace sallyport {
namespace {

int init_hmac(Hmac* hmac) { return wc_HmacInit(hmac, nullptr, INVALID_DEVID); }

using HmacOwner = wolf::Owned<Hmac, init_hmac, wc_HmacFree>;

}  // namespace

Result<Sha256Digest, PkiError> keyed_hash(Bytes key, Bytes message) {
  HmacOwner hmac;
  Sha256Digest digest{};
  int status = hmac.status();
  if (status == 0) status = wc_HmacSetKey(hmac.get(), WC_SHA256, wolf::data(key), wolf::size(key));
  if (status == 0) status = wc_HmacUpdate(hmac.get(), wolf::data(message), wolf::size(message));
  if (status == 0) status = wc_HmacFinal(hmac.get(), wolf::room(digest));
  if (status != 0) return wolf::library_failure("cannot compute a keyed hash", status);
  return digest;
}

}  // namespace sallyport
