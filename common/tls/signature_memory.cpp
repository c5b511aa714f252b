#include "common/tls/signature_memory.hpp"

#include "common/pki/ecdsa.hpp"
#include "common/pki/wolfcrypt.hpp"
#include "common/tls/crypto_device.hpp"
#include "common/tls/wolfssl.hpp"

#include <wolfssl/wolfcrypt/cryptocb.h>

namespace sallyport {
namespace {

/// The library names no session to whom it asks: the one that this thread works on.
thread_local SignatureMemory* current = nullptr;

Bytes octets(const byte* data, word32 size) { return {reinterpret_cast<const std::byte*>(data), size}; }

}  // namespace

int SignatureMemory::answer(wc_CryptoInfo& request) {
  if (current == nullptr || request.algo_type != WC_ALGO_TYPE_PK) return CRYPTOCB_UNAVAILABLE;
  GoodSignatures& good = current->good_;
  current->part();
  if (request.pk.type != WC_PK_TYPE_ECDSA_VERIFY) return CRYPTOCB_UNAVAILABLE;
  const auto& asked = request.pk.eccverify;
  // It does not ask again: what follows is its own verification.
  asked.key->devId = INVALID_DEVID;
  return verify_ecdsa(*asked.key, octets(asked.hash, asked.hashlen), octets(asked.sig, asked.siglen), &good,
                      *asked.res);
}

SignatureMemory::SignatureMemory(WOLFSSL* session, GoodSignatures& good) noexcept
    : session_{session}, good_{good}, device_before_{wolfSSL_CTX_GetDevId(nullptr, session)} {
  current = this;
  (void)wolfSSL_SetDevId(session_, CryptoDevice::kId);
}

SignatureMemory::~SignatureMemory() {
  if (current == this) part();
}

/// What the peer signs next is none of its business, and what the session makes from now on is as it was before.
void SignatureMemory::part() noexcept {
  current = nullptr;
  (void)wolfSSL_SetDevId(session_, device_before_);
}

}  // namespace sallyport
