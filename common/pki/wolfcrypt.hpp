#pragma once

// The door to wolfCrypt: only .cpp files of common/pki and common/tls include this.
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include <string>

namespace sallyport::wolf {

[[nodiscard]] inline const byte* data(Bytes bytes) noexcept { return reinterpret_cast<const byte*>(bytes.data()); }
[[nodiscard]] inline byte* room(MutableBytes bytes) noexcept { return reinterpret_cast<byte*>(bytes.data()); }
[[nodiscard]] inline word32 size(Bytes bytes) noexcept { return static_cast<word32>(bytes.size()); }

[[nodiscard]] inline auto library_failure(const char* what, int code) {
  return fail(PkiError{PkiProblem::Library, std::string{what} + ": " + wc_GetErrorString(code)});
}

/// A wolfCrypt object between its init and its free call.
template <class T, int (*init)(T*), auto release>
class Owned {
 public:
  Owned() : status_{init(&object_)} {}
  ~Owned() {
    if (status_ == 0) release(&object_);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;

  /// 0, or why the object cannot be used.
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] T* get() noexcept { return &object_; }

 private:
  T object_{};
  int status_;
};

inline int init_rsa(RsaKey* key) { return wc_InitRsaKey(key, nullptr); }

using Random = Owned<WC_RNG, wc_InitRng, wc_FreeRng>;
using EccKey = Owned<ecc_key, wc_ecc_init, wc_ecc_free>;
using Ed25519Key = Owned<ed25519_key, wc_ed25519_init, wc_ed25519_free>;
/// Decodes PKCS#8 and computes the public half, without which signing fails.
[[nodiscard]] inline bool decode_private(ed25519_key* key, Bytes pkcs8) {
  word32 index = 0;
  byte point[ED25519_PUB_KEY_SIZE];
  return wc_Ed25519PrivateKeyDecode(data(pkcs8), &index, key, size(pkcs8)) == 0 &&
         wc_ed25519_make_public(key, point, sizeof point) == 0 &&
         wc_ed25519_import_public(point, sizeof point, key) == 0;
}

using RsaKeyOwner = Owned<RsaKey, init_rsa, wc_FreeRsaKey>;

}  // namespace sallyport::wolf
