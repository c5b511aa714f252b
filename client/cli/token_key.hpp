#pragma once

#include "client/enrolment/device_files.hpp"
#include "client/enrolment/est_exchange.hpp"

#include <memory>

namespace sallyport {

/// What a person at the command line wants of a token.
struct TokenConsent {
  bool may_ask = true;    ///< for the PIN, and whether a key that is there may be taken
  bool take_key = false;  ///< a key that is there already, without asking
  bool pin_stdin = false;
};

/// The key on `token` that this device is to be enrolled with: a new one, or after asking one that is there already.
/// The PIN is asked for where the URI names no file with it, and tried once.
[[nodiscard]] Result<DeviceKey, EstFailure> choose_token_key(const DeviceFiles& files,
                                                             const std::shared_ptr<Token>& token,
                                                             const TokenConsent& consent);

}  // namespace sallyport
