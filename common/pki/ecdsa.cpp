#include "common/pki/ecdsa.hpp"

#include "common/pki/der.hpp"
#include "common/pki/good_signatures.hpp"
#include "common/pki/wolfcrypt.hpp"

#include <array>
#include <optional>
#include <span>

namespace sallyport {
namespace {

/// The one encoding of its two numbers.
bool is_der(Bytes signature) {
  const auto sequence = der::only(signature, der::Sequence);
  if (!sequence) return false;
  der::Reader numbers{sequence->content};
  const auto r = numbers.next(der::Integer);
  const auto s = numbers.next(der::Integer);
  return r && s && numbers.empty() && der::unsigned_integer(r->content) && der::unsigned_integer(s->content);
}

/// Nullopt: it is not to be remembered.
std::optional<Sha256Digest> name_of(ecc_key& key, Bytes digest, Bytes signature) {
  if (!is_der(signature)) return std::nullopt;
  const int curve = wc_ecc_get_curve_id(key.idx);
  std::array<byte, 1 + 2 * MAX_ECC_BYTES> point;
  word32 size = point.size();
  if (curve < 0 || wc_ecc_export_x963(&key, point.data(), &size) != 0) return std::nullopt;
  return GoodSignatures::name_of({as_bytes("ecdsa"), std::as_bytes(std::span{&curve, 1}),
                                  std::as_bytes(std::span{point}.first(size)), digest, signature});
}

}  // namespace

int verify_ecdsa(ecc_key& key, Bytes digest, Bytes signature, GoodSignatures* good, int& result) {
  result = 0;
  const auto name = good != nullptr ? name_of(key, digest, signature) : std::nullopt;
  if (name && good->contains(*name)) {
    result = 1;
    return 0;
  }
  const int status = wc_ecc_verify_hash(wolf::data(signature), wolf::size(signature), wolf::data(digest),
                                        wolf::size(digest), &result, &key);
  if (status != 0) result = 0;
  if (name && result == 1) good->add(*name);
  return status;
}

}  // namespace sallyport
