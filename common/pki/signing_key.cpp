#include "common/pki/signing_key.hpp"

namespace sallyport {

bool suits(KeyKind kind, SignatureAlgorithm algorithm) noexcept {
  return algorithm != SignatureAlgorithm::Other &&
         (algorithm == signature_algorithm_of(kind) || algorithm == attestation_algorithm_of(kind));
}

PkiError unsuitable_algorithm(KeyKind kind, SignatureAlgorithm algorithm) {
  return {PkiProblem::Unsupported, "a key of kind " + std::string{describe(kind)} + " does not sign with " +
                                       std::string{describe(algorithm)} + " here"};
}

}  // namespace sallyport
