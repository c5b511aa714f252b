#include "client/daemon/attester.hpp"

#include <utility>

namespace sallyport {

Result<AttestAnswer, PkiError> attest(const SigningKey& key, const ChannelValue& channel,
                                      const AttestChallenge& challenge, std::string body) {
  const auto message = attestation_message(channel, challenge, body);
  auto signature = key.sign(attestation_algorithm_of(key.kind()), message);
  if (!signature) return fail(signature.error());
  return AttestAnswer{challenge.nonce, std::move(body), std::move(*signature)};
}

}  // namespace sallyport
