#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/pki/sha256.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// For the day on which the phone is lost: shown once at enrolment, each good once.
inline constexpr std::size_t kRecoveryCodes = 10;
/// 80 random bits: nobody finds one from its digest, so that the digest needs no slow function.
inline constexpr std::size_t kRecoveryCodeSize = 10;

/// "abcd-efgh-ijkl-mnop" of kRecoveryCodeSize random octets.
[[nodiscard]] std::string recovery_code_from(Bytes random);

/// What the store keeps of a code: a digest over the person and the code, in upper or lower case, with or without
/// dashes. Nullopt for what can be no code.
[[nodiscard]] std::optional<Sha256Digest> recovery_digest(const UserId& user, std::string_view code);

}  // namespace sallyport
