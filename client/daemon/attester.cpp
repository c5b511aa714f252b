#include "client/daemon/attester.hpp"

#include <utility>

namespace sallyport {

std::optional<AttestAnswer> attest(const PrivateKey& key, const ChannelValue& channel, const AttestChallenge& challenge,
                                   std::string body) {
  auto signature = key.sign(attestation_message(channel, challenge, body));
  if (!signature) return std::nullopt;
  return AttestAnswer{challenge.nonce, std::move(body), std::move(*signature)};
}

}  // namespace sallyport
