#include "common/tls/record_sealing.hpp"

#include "common/tls/wolfssl.hpp"

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/cryptocb.h>

#include <span>

namespace sallyport {
namespace {

/// RFC 8446 section 5.2: the header of the record.
constexpr word32 kAssociatedSize = 5;

Bytes octets(const byte* data, std::size_t size) { return {reinterpret_cast<const std::byte*>(data), size}; }
MutableBytes room(byte* data, std::size_t size) { return {reinterpret_cast<std::byte*>(data), size}; }

/// The shape of a record worth the while. Sealing and opening are asked with the same names.
template <class Request>
bool is_bulk_record(const Request& asked) {
  if (asked.aes == nullptr || asked.in == nullptr || asked.out == nullptr) return false;
  const bool has_known_key = asked.aes->keylen == 16 || asked.aes->keylen == 32;
  return has_known_key && asked.sz >= kBulkRecord && asked.iv != nullptr && asked.ivSz == AesGcm::kNonceSize &&
         asked.authTag != nullptr && asked.authTagSz == AesGcm::kTagSize && asked.authIn != nullptr &&
         asked.authInSz == kAssociatedSize;
}

/// The library leaves the key of what has a device as it was given.
template <class Request>
AesGcm::Parameters parameters_of(const Request& asked) {
  const auto key = std::as_bytes(std::span{asked.aes->devKey}).first(static_cast<std::size_t>(asked.aes->keylen));
  return {key, octets(asked.iv, asked.ivSz), octets(asked.authIn, asked.authInSz)};
}

int seal(const AesGcm& cipher, const wc_CryptoCb_AesAuthEnc& asked) {
  if (!is_bulk_record(asked)) return CRYPTOCB_UNAVAILABLE;
  cipher.seal(parameters_of(asked), octets(asked.in, asked.sz), room(asked.out, asked.sz),
              room(asked.authTag, asked.authTagSz));
  return 0;
}

int open(const AesGcm& cipher, const wc_CryptoCb_AesAuthDec& asked) {
  if (!is_bulk_record(asked)) return CRYPTOCB_UNAVAILABLE;
  const bool is_genuine = cipher.open(parameters_of(asked), octets(asked.in, asked.sz),
                                      octets(asked.authTag, asked.authTagSz), room(asked.out, asked.sz));
  return is_genuine ? 0 : AES_GCM_AUTH_E;
}

}  // namespace

int answer_record(const AesGcm& cipher, const wc_CryptoInfo& request) noexcept {
  if (request.algo_type != WC_ALGO_TYPE_CIPHER || request.cipher.type != WC_CIPHER_AES_GCM) return CRYPTOCB_UNAVAILABLE;
  return request.cipher.enc != 0 ? seal(cipher, request.cipher.aesgcm_enc) : open(cipher, request.cipher.aesgcm_dec);
}

}  // namespace sallyport
