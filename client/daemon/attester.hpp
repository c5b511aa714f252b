#pragma once

#include "common/pki/private_key.hpp"
#include "common/wire/attest.hpp"

#include <optional>
#include <string>

namespace sallyport {

/// Answers a gateway's challenge: `body` signed by the device key for this one channel. Nullopt when the key cannot
/// sign now: then nothing is answered, and the gateway stops to count on it.
[[nodiscard]] std::optional<AttestAnswer> attest(const PrivateKey& key, const ChannelValue& channel,
                                                 const AttestChallenge& challenge, std::string body);

}  // namespace sallyport
