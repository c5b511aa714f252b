#pragma once

#include "common/pki/signing_key.hpp"
#include "common/wire/attest.hpp"

#include <string>

namespace sallyport {

/// Answers a gateway's challenge: `body` signed by the device key for this one channel. May block for as long as the
/// key's token likes.
[[nodiscard]] Result<AttestAnswer, PkiError> attest(const SigningKey& key, const ChannelValue& channel,
                                                    const AttestChallenge& challenge, std::string body);

}  // namespace sallyport
