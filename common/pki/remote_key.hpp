#pragma once

#include "common/pki/signing_key.hpp"

namespace sallyport {

/// A key whose private half is elsewhere, such as in a token, and there does nothing but the bare operation: hashing
/// and padding are done here. RSA, P-256 and P-384.
class RemoteKey : public SigningKey {
 public:
  [[nodiscard]] const PublicKey& public_key() const noexcept final { return public_key_; }
  using SigningKey::sign;
  [[nodiscard]] Result<ByteBuffer, PkiError> sign(SignatureAlgorithm algorithm, Bytes message) const final;

  /// Elliptic curves: the ECDSA signature, in DER, of a digest. RSA: the private operation on a block of the modulus'
  /// size. May block for as long as the token likes. What is not of this key is refused.
  [[nodiscard]] Result<ByteBuffer, PkiError> apply(Bytes input) const;

 protected:
  explicit RemoteKey(PublicKey public_key) : public_key_{std::move(public_key)} {}

 private:
  /// As apply(), but nobody has looked at the result yet.
  [[nodiscard]] virtual Result<ByteBuffer, PkiError> operate(Bytes input) const = 0;

  PublicKey public_key_;
};

}  // namespace sallyport
