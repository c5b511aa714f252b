#pragma once

#include "common/base/bytes.hpp"
#include "common/pki/public_key.hpp"

#include <optional>

namespace sallyport {

/// Reads a signature AlgorithmIdentifier (the whole SEQUENCE); nullopt when it is not DER. Unknown ones are Other.
[[nodiscard]] std::optional<SignatureAlgorithm> parse_signature_algorithm(Bytes algorithm_identifier);

/// The AlgorithmIdentifier of an algorithm that PrivateKey signs with.
[[nodiscard]] ByteBuffer encode_signature_algorithm(SignatureAlgorithm algorithm);

/// The three parts of Certificate, CertificateList and CertificationRequest. Borrows from the input.
struct SignedObject {
  Bytes tbs;            ///< what was signed, with tag and length
  Bytes algorithm_der;  ///< the outer AlgorithmIdentifier
  SignatureAlgorithm algorithm = SignatureAlgorithm::Other;
  Bytes signature;
};
[[nodiscard]] std::optional<SignedObject> parse_signed_object(Bytes der);

}  // namespace sallyport
