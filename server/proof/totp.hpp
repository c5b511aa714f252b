#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/pki_error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

// RFC 6238 with what every authenticator app expects: SHA-1, 30 s, 6 digits.
inline constexpr std::chrono::seconds kTotpPeriod{30};
inline constexpr unsigned kTotpDigits = 6;
/// RFC 4226 section 4, R6: as long as the MAC.
inline constexpr std::size_t kTotpSecretSize = 20;

/// Periods since 1970.
using TotpStep = std::int64_t;
[[nodiscard]] constexpr TotpStep totp_step(WallTime time) noexcept { return time.time_since_epoch() / kTotpPeriod; }

/// RFC 4226 section 5.3. `digits`: 6 to 8.
[[nodiscard]] Result<std::string, PkiError> hotp(Bytes secret, std::uint64_t counter, unsigned digits = kTotpDigits);

/// The step that `code` is of: this one, the one before or the one after, and later than `used`, the last one that was
/// accepted. So a code is good once, and nothing older than an accepted one is good again. Looks at all of them, in a
/// time that says nothing about which was right.
[[nodiscard]] std::optional<TotpStep> find_totp_step(Bytes secret, std::string_view code, TotpStep used, WallTime now);

}  // namespace sallyport
