#include "common/tls/library.hpp"

#include "common/tls/remote_signer.hpp"
#include "common/tls/wolfssl.hpp"

#include <wolfssl/version.h>

namespace sallyport {
namespace {

/// 5.9.2: certificate verification (CVE-2026-5194) and key-share repairs that we rely on.
constexpr word32 kMinimumVersion = 0x05009002;
static_assert(LIBWOLFSSL_VERSION_HEX >= kMinimumVersion, "wolfSSL 5.9.2 or later is needed; run packaging/wolfssl");

}  // namespace

std::string tls_library_version() { return wolfSSL_lib_version(); }

Result<void, TlsError> prepare_tls_library() {
  if (wolfSSL_lib_version_hex() < kMinimumVersion) {
    return fail(TlsError{TlsFault::Setup, {}, {}, "wolfSSL " + tls_library_version() + " is too old: 5.9.2 is needed"});
  }
  static const bool is_ready = wolfSSL_Init() == WOLFSSL_SUCCESS && RemoteSigner::prepare();
  if (is_ready) return {};
  return fail(TlsError{TlsFault::Library, {}, {}, "wolfSSL cannot be initialised"});
}

}  // namespace sallyport
