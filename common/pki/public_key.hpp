#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <cstdint>
#include <string_view>

namespace sallyport {

class GoodSignatures;

/// Other: something Sallyport never accepts for an identity.
enum class KeyKind : std::uint8_t { P256, P384, Ed25519, Rsa, Other };
[[nodiscard]] std::string_view describe(KeyKind kind) noexcept;

/// How an object was signed. Sha1, Md5 and Other are known only to be refused.
enum class SignatureAlgorithm : std::uint8_t {
  EcdsaSha256,
  EcdsaSha384,
  EcdsaSha512,
  RsaSha256,
  RsaSha384,
  RsaSha512,
  RsaPssSha256,  ///< MGF1 with SHA-256, a salt of 32 octets; in attestations, not in certificates
  Ed25519,
  Sha1,
  Md5,
  Other
};
[[nodiscard]] std::string_view describe(SignatureAlgorithm algorithm) noexcept;

/// The one algorithm that keys of this kind sign certificates and requests with here: the hash that fits their
/// strength.
[[nodiscard]] SignatureAlgorithm signature_algorithm_of(KeyKind kind) noexcept;
/// The one algorithm that device keys of this kind sign attestations with; docs/protocol.md section 11.
[[nodiscard]] SignatureAlgorithm attestation_algorithm_of(KeyKind kind) noexcept;

/// A SubjectPublicKeyInfo. Parsing accepts every well-formed key so that a weak one can be named; ask is_acceptable().
class PublicKey {
 public:
  PublicKey() = default;
  [[nodiscard]] static Result<PublicKey, PkiError> parse(Bytes subject_public_key_info);

  [[nodiscard]] KeyKind kind() const noexcept { return kind_; }
  [[nodiscard]] unsigned bits() const noexcept { return bits_; }
  [[nodiscard]] bool is_elliptic() const noexcept { return kind_ == KeyKind::P256 || kind_ == KeyKind::P384; }
  /// The whole SubjectPublicKeyInfo.
  [[nodiscard]] Bytes der() const noexcept { return der_; }
  /// P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits.
  [[nodiscard]] bool is_acceptable() const noexcept;
  /// Elliptic curve keys: the point lies on its curve. Asked once of a key from outside; costs as much as a
  /// verification.
  [[nodiscard]] bool is_sound() const;
  /// 20 octets: RFC 7093 method 1.
  [[nodiscard]] Result<ByteBuffer, PkiError> key_id() const;

  /// Requires is_sound(). False for every failure, an unsuitable algorithm and an unacceptable key included.
  /// With `good`, an elliptic curve's signature that was found good is remembered there (ecdsa.hpp).
  [[nodiscard]] bool verify(SignatureAlgorithm algorithm, Bytes message, Bytes signature,
                            GoodSignatures* good = nullptr) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.der_ == b.der_; }

 private:
  KeyKind kind_ = KeyKind::Other;
  unsigned bits_ = 0;
  ByteBuffer der_;
  ByteBuffer bit_string_;
};

}  // namespace sallyport
