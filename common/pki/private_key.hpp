#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/public_key.hpp"
#include "common/pki/signing_key.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// A private key held as PKCS#8 and wiped when it goes. Created where it is used; it never crosses the wire.
class PrivateKey final : public SigningKey {
 public:
  /// P256, P384 or Ed25519.
  [[nodiscard]] static Result<PrivateKey, PkiError> generate(KeyKind kind);
  /// PKCS#8 ("PRIVATE KEY"), SEC 1 ("EC PRIVATE KEY") or PKCS#1 ("RSA PRIVATE KEY"), unencrypted.
  [[nodiscard]] static Result<PrivateKey, PkiError> from_pem(std::string_view pem);
  /// Refuses a file that others may read, that is a link, or that belongs to somebody else.
  [[nodiscard]] static Result<PrivateKey, PkiError> load(const std::string& path);

  PrivateKey(PrivateKey&&) noexcept = default;
  PrivateKey& operator=(PrivateKey&& other) noexcept;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;
  ~PrivateKey() override;

  [[nodiscard]] PrivateKey clone() const;
  /// PKCS#8. The caller keeps it secret.
  [[nodiscard]] std::string to_pem() const;
  /// Writes to_pem() with mode 0600 in one step.
  [[nodiscard]] Result<void, PkiError> store(const std::string& path) const;
  /// DER; PKCS#8, or PKCS#1 for RSA.
  [[nodiscard]] Bytes der() const noexcept { return der_; }

  [[nodiscard]] const PublicKey& public_key() const noexcept override { return public_key_; }
  using SigningKey::sign;
  [[nodiscard]] Result<ByteBuffer, PkiError> sign(SignatureAlgorithm algorithm, Bytes message) const override;

 private:
  PrivateKey(ByteBuffer der, PublicKey public_key) noexcept;
  void wipe() noexcept;

  ByteBuffer der_;
  PublicKey public_key_;
};

}  // namespace sallyport
