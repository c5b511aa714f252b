#include "common/pki/hmac.hpp"

#include "common/pki/wolfcrypt.hpp"

#include <wolfssl/wolfcrypt/hmac.h>

#include <utility>

namespace sallyport {
namespace {

int init_hmac(Hmac* hmac) { return wc_HmacInit(hmac, nullptr, INVALID_DEVID); }
using HmacOwner = wolf::Owned<Hmac, init_hmac, wc_HmacFree>;

Result<void, PkiError> mac_into(MutableBytes mac, int hash, Bytes key, Bytes message) {
  HmacOwner hmac;
  int status = hmac.status();
  if (status == 0) status = wc_HmacSetKey(hmac.get(), hash, wolf::data(key), wolf::size(key));
  if (status == 0) status = wc_HmacUpdate(hmac.get(), wolf::data(message), wolf::size(message));
  if (status == 0) status = wc_HmacFinal(hmac.get(), wolf::room(mac));
  if (status != 0) return wolf::library_failure("cannot compute a MAC", status);
  return {};
}

}  // namespace

Result<Sha1Mac, PkiError> hmac_sha1(Bytes key, Bytes message) {
  static_assert(sizeof(Sha1Mac) == WC_SHA_DIGEST_SIZE);
  Sha1Mac mac{};
  if (auto done = mac_into(mac, WC_SHA, key, message); !done) return fail(std::move(done.error()));
  return mac;
}

Result<Sha256Digest, PkiError> hmac_sha256(Bytes key, Bytes message) {
  static_assert(sizeof(Sha256Digest) == WC_SHA256_DIGEST_SIZE);
  Sha256Digest mac{};
  if (auto done = mac_into(mac, WC_SHA256, key, message); !done) return fail(std::move(done.error()));
  return mac;
}

bool equal_in_constant_time(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  // Volatile: the compiler may not leave early once a difference is found.
  volatile unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = difference | std::to_integer<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace sallyport
