#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/public_key.hpp"

namespace sallyport {

/// The private half of a key pair, wherever it is, as far as signing goes.
class SigningKey {
 public:
  virtual ~SigningKey() = default;

  [[nodiscard]] virtual const PublicKey& public_key() const noexcept = 0;
  /// Refuses an algorithm of another kind of key.
  [[nodiscard]] virtual Result<ByteBuffer, PkiError> sign(SignatureAlgorithm algorithm, Bytes message) const = 0;

  [[nodiscard]] KeyKind kind() const noexcept { return public_key().kind(); }
  /// What it signs certificates and requests with.
  [[nodiscard]] SignatureAlgorithm signature_algorithm() const noexcept { return signature_algorithm_of(kind()); }
  [[nodiscard]] Result<ByteBuffer, PkiError> sign(Bytes message) const { return sign(signature_algorithm(), message); }

 protected:
  SigningKey() = default;
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;
};

/// Whether keys of this kind sign by it.
[[nodiscard]] bool suits(KeyKind kind, SignatureAlgorithm algorithm) noexcept;
[[nodiscard]] PkiError unsuitable_algorithm(KeyKind kind, SignatureAlgorithm algorithm);

}  // namespace sallyport
