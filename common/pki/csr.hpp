#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/public_key.hpp"
#include "common/pki/signing_key.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// A PKCS#10 request whose proof of possession was verified. Only the key counts: who the device is,
/// the issuer decides; `hint` is what the laptop would like to be called (the common name, escaped, may be empty).
struct Csr {
  PublicKey key;
  std::string hint;

  /// PEM or DER. Refuses unacceptable keys and signatures made with SHA-1 or MD5.
  [[nodiscard]] static Result<Csr, PkiError> parse(Bytes pem_or_der);
};

/// PEM. `device_hint` becomes the common name: 1 to 64 printable ASCII characters.
[[nodiscard]] Result<std::string, PkiError> make_csr(const SigningKey& key, std::string_view device_hint);

}  // namespace sallyport
