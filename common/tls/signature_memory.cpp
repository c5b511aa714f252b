#include "common/tls/signature_memory.hpp"

#include "common/pki/wolfcrypt.hpp"
#include "common/tls/crypto_device.hpp"
#include "common/tls/wolfssl.hpp"

#include <wolfssl/wolfcrypt/cryptocb.h>

#include <array>
#include <cstring>
#include <optional>
#include <span>

namespace sallyport {
namespace {

/// The library names no session to whom it asks: the one that this thread works on.
thread_local SignatureMemory* current = nullptr;

template <class T>
void append_value(ByteBuffer& out, T value) {
  append(out, std::as_bytes(std::span{&value, 1}));
}

Bytes octets(const byte* data, word32 size) { return {reinterpret_cast<const std::byte*>(data), size}; }

/// Curve and point.
std::optional<ByteBuffer> name_of_key(ecc_key* key) {
  std::array<byte, 1 + 2 * MAX_ECC_BYTES> point;
  word32 size = point.size();
  if (wc_ecc_export_x963(key, point.data(), &size) != 0) return std::nullopt;
  ByteBuffer name;
  append_value(name, wc_ecc_get_curve_id(key->idx));
  append(name, octets(point.data(), size));
  return name;
}

/// What stands for this signature of this digest by this key, by all their octets.
std::optional<Sha256Digest> name_of(Bytes digest, Bytes signature, ecc_key* key) {
  const auto key_name = name_of_key(key);
  if (!key_name) return std::nullopt;
  ByteBuffer signed_name;
  append_value(signed_name, digest.size());
  append(signed_name, digest);
  append(signed_name, signature);
  return GoodSignatures::name_of(signed_name, *key_name);
}

}  // namespace

int SignatureMemory::answer(wc_CryptoInfo& request) {
  if (current == nullptr || request.algo_type != WC_ALGO_TYPE_PK) return CRYPTOCB_UNAVAILABLE;
  GoodSignatures& good = current->good_;
  current->part();
  if (request.pk.type != WC_PK_TYPE_ECDSA_VERIFY) return CRYPTOCB_UNAVAILABLE;
  const auto& asked = request.pk.eccverify;
  // It does not ask again: what follows is its own verification.
  asked.key->devId = INVALID_DEVID;
  const auto name = name_of(octets(asked.hash, asked.hashlen), octets(asked.sig, asked.siglen), asked.key);
  *asked.res = 0;
  if (name && good.contains(*name)) {
    *asked.res = 1;
    return 0;
  }
  const int status = wc_ecc_verify_hash(asked.sig, asked.siglen, asked.hash, asked.hashlen, asked.res, asked.key);
  if (status == 0 && *asked.res == 1 && name) good.add(*name);
  return status;
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
