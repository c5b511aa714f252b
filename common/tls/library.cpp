#include "common/tls/library.hpp"

#include "common/tls/crypto_device.hpp"
#include "common/tls/remote_signer.hpp"
#include "common/tls/wolfssl.hpp"

#include <wolfssl/version.h>
#include <wolfssl/wolfcrypt/random.h>

namespace sallyport {
namespace {

/// 5.9.2: certificate verification (CVE-2026-5194) and key-share repairs that we rely on.
constexpr word32 kMinimumVersion = 0x05009002;
static_assert(LIBWOLFSSL_VERSION_HEX >= kMinimumVersion, "wolfSSL 5.9.2 or later is needed; run packaging/wolfssl");

/// Each connection has a random generator of its own, which the library makes, tests and seeds for it. By SHA-256, for
/// which processors have instructions, that takes less time than by SHA-512, and has the same strength of 256 bits
/// (SP 800-90A, Hash_DRBG).
void choose_generator() {
#ifdef WOLFSSL_DRBG_SHA512
  (void)wc_Sha512Drbg_Disable();  // refused where the library has no other: then it stays
#endif
}

bool begin() {
  if (wolfSSL_Init() != WOLFSSL_SUCCESS || !RemoteSigner::prepare() || !CryptoDevice::prepare()) return false;
  choose_generator();
  return true;
}

}  // namespace

std::string tls_library_version() { return wolfSSL_lib_version(); }

std::string record_cipher_name() {
  if (!prepare_tls_library()) return {};
  const std::string bulk = CryptoDevice::bulk_cipher();
  return bulk.empty() ? "wolfSSL " + tls_library_version() : bulk;
}

Result<void, TlsError> prepare_tls_library() {
  if (wolfSSL_lib_version_hex() < kMinimumVersion) {
    return fail(TlsError{TlsFault::Setup, {}, {}, "wolfSSL " + tls_library_version() + " is too old: 5.9.2 is needed"});
  }
  static const bool is_ready = begin();
  if (is_ready) return {};
  return fail(TlsError{TlsFault::Library, {}, {}, "wolfSSL cannot be initialised"});
}

}  // namespace sallyport
