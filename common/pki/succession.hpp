#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/certificate_authority.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/signing_key.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sallyport {

/// Why an authority is not taken for the successor of one that is trusted. The names are stable: they stand on the
/// wire.
enum class SuccessionRefusal : std::uint8_t {
  Malformed,       ///< one of the two is no certificate
  NotAnAuthority,  ///< CA:TRUE, keyCertSign or cRLSign missing, an unknown critical extension, or not self-signed
  Weak,            ///< key or signature below what we accept
  NotValidNow,     ///< one of the three is outside its dates
  OtherDomain,     ///< it is for another trust domain, or for none
  NotVouched,      ///< no trusted authority signed for this name and key
};
inline constexpr std::size_t kSuccessionRefusals = static_cast<std::size_t>(SuccessionRefusal::NotVouched) + 1;
/// "not_vouched".
[[nodiscard]] std::string_view name_of(SuccessionRefusal refusal) noexcept;
[[nodiscard]] std::string_view describe(SuccessionRefusal refusal) noexcept;

/// What names an authority everywhere: SHA-256 of its certificate in lower-case hex. Empty when the library fails.
[[nodiscard]] std::string fingerprint_of(Bytes certificate_der);

/// What one authority signed for the next can be repeated by whoever has it: not for ever.
inline constexpr std::chrono::days kVouchLifetime{365};

/// The certificate by which `authority` vouches for its successor's name and key (NewWithOld, RFC 7030 section 4.1.3),
/// in DER. Refuses one of another trust domain or of the same name.
[[nodiscard]] Result<ByteBuffer, PkiError> vouch_for(const CertificateAuthority& authority,
                                                     const CertificateInfo& successor, WallTime now,
                                                     std::chrono::seconds lifetime = kVouchLifetime);

/// The authority in `certificate`, when one of `trusted` signed `vouched` for it; docs/protocol.md section 17. Requires
/// authorities that a TrustBundle accepted.
[[nodiscard]] Result<CertificateInfo, SuccessionRefusal> verify_successor(Bytes certificate, Bytes vouched,
                                                                          std::span<const CertificateInfo> trusted,
                                                                          WallTime now);

/// What an authority that stays signs when others are retired: their fingerprints, in this order. Whoever holds only a
/// gateway's key cannot make a laptop give an authority up; docs/protocol.md section 17.
[[nodiscard]] Result<ByteBuffer, PkiError> sign_retirement(const SigningKey& authority,
                                                           std::span<const std::string> retired);
/// Requires a sound key.
[[nodiscard]] bool verify_retirement(const PublicKey& authority, std::span<const std::string> retired, Bytes signature);

}  // namespace sallyport
