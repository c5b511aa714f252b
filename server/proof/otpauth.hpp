#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// What an authenticator app reads from a QR code: otpauth://totp/ISSUER:USER?secret=...
[[nodiscard]] std::string otpauth_uri(std::string_view issuer, const UserId& user, Bytes secret);

}  // namespace sallyport
