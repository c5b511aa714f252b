#include "common/tls/crypto_device.hpp"

#include "common/tls/bulk_aes.hpp"
#include "common/tls/known_answers.hpp"
#include "common/tls/record_sealing.hpp"
#include "common/tls/signature_memory.hpp"
#include "common/tls/wolfssl.hpp"

#include <wolfssl/wolfcrypt/cryptocb.h>

#include <memory>

namespace sallyport {
namespace {

std::unique_ptr<const AesGcm> find_right_one() {
  auto found = find_bulk_aes();
  return found && gives_known_answers(*found) ? std::move(found) : nullptr;
}

/// Null: wolfSSL seals everything.
const AesGcm* bulk_aes() {
  static const std::unique_ptr<const AesGcm> found = find_right_one();
  return found.get();
}

int on_request(int /*device*/, wc_CryptoInfo* request, void* /*context*/) {
  switch (request->algo_type) {
    case WC_ALGO_TYPE_CIPHER:
      return bulk_aes() != nullptr ? answer_record(*bulk_aes(), *request) : CRYPTOCB_UNAVAILABLE;
    case WC_ALGO_TYPE_PK:
      return SignatureMemory::answer(*request);
    default:
      return CRYPTOCB_UNAVAILABLE;
  }
}

}  // namespace

bool CryptoDevice::prepare() {
  (void)bulk_aes();
  return wc_CryptoCb_RegisterDevice(kId, &on_request, nullptr) == 0;
}

std::string CryptoDevice::bulk_cipher() { return bulk_aes() != nullptr ? bulk_aes()->name() : std::string{}; }

void CryptoDevice::serve(WOLFSSL* session) noexcept {
  if (bulk_aes() != nullptr) (void)wolfSSL_SetDevId(session, kId);
}

void CryptoDevice::leave(WOLFSSL* session) noexcept { (void)wolfSSL_SetDevId(session, INVALID_DEVID); }

}  // namespace sallyport
