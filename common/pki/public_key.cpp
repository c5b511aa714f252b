#include "common/pki/public_key.hpp"

#include "common/pki/der.hpp"
#include "common/pki/ecdsa.hpp"
#include "common/pki/oids.hpp"
#include "common/pki/wolfcrypt.hpp"

#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/signature.h>

#include <array>
#include <optional>
#include <span>
#include <utility>

namespace sallyport {
namespace {

constexpr unsigned kMinRsaBits = 2048;
constexpr unsigned kMaxRsaBits = 4096;

std::optional<std::pair<KeyKind, unsigned>> kind_of_curve(Bytes oid) {
  if (as_text(oid) == oids::kP256) return std::pair{KeyKind::P256, 256U};
  if (as_text(oid) == oids::kP384) return std::pair{KeyKind::P384, 384U};
  return std::pair{KeyKind::Other, 0U};
}

std::optional<std::pair<KeyKind, unsigned>> kind_of_rsa(Bytes rsa_public_key) {
  const auto sequence = der::only(rsa_public_key, der::Sequence);
  if (!sequence) return std::nullopt;
  der::Reader reader{sequence->content};
  const auto modulus = reader.next(der::Integer);
  const auto exponent = reader.next(der::Integer);
  if (!modulus || !exponent || !reader.empty()) return std::nullopt;
  const auto octets = der::unsigned_integer(modulus->content);
  if (!octets || !der::unsigned_integer(exponent->content)) return std::nullopt;
  const auto leading = std::to_integer<unsigned>((*octets)[0]);
  unsigned unused = 0;
  while (unused < 8 && (leading & (0x80U >> unused)) == 0) ++unused;
  return std::pair{KeyKind::Rsa, static_cast<unsigned>(octets->size() * 8) - unused};
}

/// Kind and size from the algorithm and the key bits; nullopt when they are malformed.
std::optional<std::pair<KeyKind, unsigned>> classify(Bytes algorithm, Bytes key) {
  der::Reader reader{algorithm};
  const auto oid = reader.next(der::Oid);
  if (!oid) return std::nullopt;
  const std::string_view name = as_text(oid->content);
  if (name == oids::kEd25519) return std::pair{key.size() == 32 ? KeyKind::Ed25519 : KeyKind::Other, 256U};
  if (name == oids::kRsa) return kind_of_rsa(key);
  if (name != oids::kEcPublicKey) return std::pair{KeyKind::Other, 0U};
  const auto curve = reader.next(der::Oid);
  return curve ? kind_of_curve(curve->content) : std::pair{KeyKind::Other, 0U};
}

bool verify_ecc(wc_HashType hash, Bytes key_der, Bytes message, Bytes signature, GoodSignatures* good) {
  wolf::EccKey key;
  word32 index = 0;
  if (key.status() != 0 || wc_EccPublicKeyDecode(wolf::data(key_der), &index, key.get(), wolf::size(key_der)) != 0) {
    return false;
  }
  std::array<byte, WC_MAX_DIGEST_SIZE> digest;
  const int size = wc_HashGetDigestSize(hash);
  if (size <= 0 || wc_Hash(hash, wolf::data(message), wolf::size(message), digest.data(), word32(size)) != 0) {
    return false;
  }
  int result = 0;
  const Bytes hashed = std::as_bytes(std::span{digest}.first(static_cast<std::size_t>(size)));
  return verify_ecdsa(*key.get(), hashed, signature, good, result) == 0 && result == 1;
}

bool verify_rsa(wc_HashType hash, Bytes key_der, Bytes message, Bytes signature) {
  wolf::RsaKeyOwner key;
  word32 index = 0;
  if (key.status() != 0 || wc_RsaPublicKeyDecode(wolf::data(key_der), &index, key.get(), wolf::size(key_der)) != 0) {
    return false;
  }
  return wc_SignatureVerify(hash, WC_SIGNATURE_TYPE_RSA_W_ENC, wolf::data(message), wolf::size(message),
                            wolf::data(signature), wolf::size(signature), key.get(), sizeof(RsaKey)) == 0;
}

/// RFC 8017 section 8.1.2 with SHA-256, MGF1 with SHA-256 and a salt as long as the hash, no other.
bool verify_rsa_pss(Bytes key_der, Bytes message, Bytes signature) {
  wolf::RsaKeyOwner key;
  word32 index = 0;
  if (key.status() != 0 || wc_RsaPublicKeyDecode(wolf::data(key_der), &index, key.get(), wolf::size(key_der)) != 0) {
    return false;
  }
  byte digest[WC_SHA256_DIGEST_SIZE];
  if (wc_Sha256Hash(wolf::data(message), wolf::size(message), digest) != 0) return false;
  if (wc_RsaEncryptSize(key.get()) != static_cast<int>(signature.size())) return false;
  ByteBuffer room(signature.size());
  return wc_RsaPSS_VerifyCheck(wolf::data(signature), wolf::size(signature), wolf::room(room), wolf::size(room), digest,
                               sizeof digest, WC_HASH_TYPE_SHA256, WC_MGF1SHA256, key.get()) > 0;
}

bool verify_ed25519(Bytes key_bits, Bytes message, Bytes signature) {
  wolf::Ed25519Key key;
  if (key.status() != 0 || wc_ed25519_import_public(wolf::data(key_bits), wolf::size(key_bits), key.get()) != 0) {
    return false;
  }
  int is_valid = 0;
  const int status = wc_ed25519_verify_msg(wolf::data(signature), wolf::size(signature), wolf::data(message),
                                           wolf::size(message), &is_valid, key.get());
  return status == 0 && is_valid == 1;
}

}  // namespace

std::string_view describe(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::P256:
      return "P-256";
    case KeyKind::P384:
      return "P-384";
    case KeyKind::Ed25519:
      return "Ed25519";
    case KeyKind::Rsa:
      return "RSA";
    case KeyKind::Other:
      return "unsupported key";
  }
  return "unsupported key";
}

std::string_view describe(SignatureAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case SignatureAlgorithm::EcdsaSha256:
      return "ECDSA with SHA-256";
    case SignatureAlgorithm::EcdsaSha384:
      return "ECDSA with SHA-384";
    case SignatureAlgorithm::EcdsaSha512:
      return "ECDSA with SHA-512";
    case SignatureAlgorithm::RsaSha256:
      return "RSA with SHA-256";
    case SignatureAlgorithm::RsaSha384:
      return "RSA with SHA-384";
    case SignatureAlgorithm::RsaSha512:
      return "RSA with SHA-512";
    case SignatureAlgorithm::RsaPssSha256:
      return "RSA-PSS with SHA-256";
    case SignatureAlgorithm::Ed25519:
      return "Ed25519";
    case SignatureAlgorithm::Sha1:
      return "SHA-1";
    case SignatureAlgorithm::Md5:
      return "MD5";
    case SignatureAlgorithm::Other:
      return "unsupported signature";
  }
  return "unsupported signature";
}

SignatureAlgorithm signature_algorithm_of(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::P256:
      return SignatureAlgorithm::EcdsaSha256;
    case KeyKind::P384:
      return SignatureAlgorithm::EcdsaSha384;
    case KeyKind::Ed25519:
      return SignatureAlgorithm::Ed25519;
    case KeyKind::Rsa:
      return SignatureAlgorithm::RsaSha256;
    case KeyKind::Other:
      break;
  }
  return SignatureAlgorithm::Other;
}

SignatureAlgorithm attestation_algorithm_of(KeyKind kind) noexcept {
  return kind == KeyKind::Rsa ? SignatureAlgorithm::RsaPssSha256 : signature_algorithm_of(kind);
}

Result<PublicKey, PkiError> PublicKey::parse(Bytes subject_public_key_info) {
  const PkiError malformed{PkiProblem::Malformed, "the public key is not a SubjectPublicKeyInfo"};
  const auto outer = der::only(subject_public_key_info, der::Sequence);
  if (!outer) return fail(malformed);
  der::Reader reader{outer->content};
  const auto algorithm = reader.next(der::Sequence);
  const auto bits = reader.next(der::BitString);
  if (!algorithm || !bits || !reader.empty()) return fail(malformed);
  const auto key = der::octets_of_bit_string(bits->content);
  const auto kind = key ? classify(algorithm->content, *key) : std::nullopt;
  if (!kind) return fail(malformed);
  PublicKey parsed;
  parsed.kind_ = kind->first;
  parsed.bits_ = kind->second;
  parsed.der_.assign(subject_public_key_info.begin(), subject_public_key_info.end());
  parsed.bit_string_.assign(key->begin(), key->end());
  return parsed;
}

bool PublicKey::is_acceptable() const noexcept {
  if (kind_ == KeyKind::Rsa) return bits_ >= kMinRsaBits && bits_ <= kMaxRsaBits;
  return kind_ != KeyKind::Other;
}

bool PublicKey::is_sound() const {
  if (!is_elliptic()) return is_acceptable();
  wolf::EccKey key;
  word32 index = 0;
  // The decoder alone does not look whether the point is on the curve. Both curves have the cofactor 1: what is on them
  // and not at infinity has the right order (SP 800-56A 5.6.2.3.4), and a gateway that all come back to need not
  // multiply to see that.
  return key.status() == 0 && wc_EccPublicKeyDecode(wolf::data(der_), &index, key.get(), wolf::size(der_)) == 0 &&
         wc_ecc_point_is_at_infinity(&key.get()->pubkey) == 0 &&
         wc_ecc_point_is_on_curve(&key.get()->pubkey, key.get()->idx) == 0;
}

Result<ByteBuffer, PkiError> PublicKey::key_id() const {
  ByteBuffer digest(WC_SHA256_DIGEST_SIZE);
  const int status = wc_Sha256Hash(wolf::data(Bytes{bit_string_}), wolf::size(bit_string_), wolf::room(digest));
  if (status != 0) return wolf::library_failure("cannot hash a public key", status);
  digest.resize(20);
  return digest;
}

bool PublicKey::verify(SignatureAlgorithm algorithm, Bytes message, Bytes signature, GoodSignatures* good) const {
  if (!is_acceptable()) return false;
  const bool is_ecc = is_elliptic();
  const bool is_rsa = kind_ == KeyKind::Rsa;
  switch (algorithm) {
    case SignatureAlgorithm::EcdsaSha256:
      return is_ecc && verify_ecc(WC_HASH_TYPE_SHA256, der_, message, signature, good);
    case SignatureAlgorithm::EcdsaSha384:
      return is_ecc && verify_ecc(WC_HASH_TYPE_SHA384, der_, message, signature, good);
    case SignatureAlgorithm::EcdsaSha512:
      return is_ecc && verify_ecc(WC_HASH_TYPE_SHA512, der_, message, signature, good);
    case SignatureAlgorithm::RsaSha256:
      return is_rsa && verify_rsa(WC_HASH_TYPE_SHA256, der_, message, signature);
    case SignatureAlgorithm::RsaSha384:
      return is_rsa && verify_rsa(WC_HASH_TYPE_SHA384, der_, message, signature);
    case SignatureAlgorithm::RsaSha512:
      return is_rsa && verify_rsa(WC_HASH_TYPE_SHA512, der_, message, signature);
    case SignatureAlgorithm::RsaPssSha256:
      return is_rsa && verify_rsa_pss(der_, message, signature);
    case SignatureAlgorithm::Ed25519:
      return kind_ == KeyKind::Ed25519 && verify_ed25519(bit_string_, message, signature);
    case SignatureAlgorithm::Sha1:
    case SignatureAlgorithm::Md5:
    case SignatureAlgorithm::Other:
      return false;
  }
  return false;
}

}  // namespace sallyport
