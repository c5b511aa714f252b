#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport {

/// Why a peer's certificate was not accepted. None of them can be overridden.
enum class CertificateRefusal : std::uint8_t {
  NoCertificate,
  Malformed,
  UnknownCa,  ///< not issued directly by an authority of the trust bundle
  BadSignature,
  NotYetValid,
  Expired,
  CaNotYetValid,
  CaExpired,
  IsCa,  ///< an authority's certificate used as an identity
  UnknownCriticalExtension,
  WeakKey,        ///< RSA below 2048 bits, or another curve
  WeakSignature,  ///< SHA-1, MD5 or an algorithm we do not use
  NoKeyUsage,     ///< keyUsage absent
  NoDigitalSignature,
  NoExtendedKeyUsage,
  WrongExtendedKeyUsage,
  NoIdentity,  ///< no URI alternative name
  SeveralIdentities,
  WrongIdentity,  ///< a URI that is no spiffe://<trust-domain>/device/<id>
  WrongTrustDomain,
  NoUser,
  SeveralUsers,
  MalformedUser,
  NoMatchingUri,  ///< no URI fits the identity mapping of the (foreign) authority
  SeveralMatchingUris,
  MalformedDevice,  ///< what the mapping finds cannot name a device
  UserNotAllowed,   ///< the authority may not name this person
  WrongName,        ///< the gateway is not who the profile says
  Revoked,
  CrlMissing,
  CrlNotYetValid,
  CrlExpired,
  Rejected,  ///< refused by the library for a reason of its own
};

/// Stable lower-case word for records and metrics: "no_extended_key_usage".
[[nodiscard]] std::string_view to_string(CertificateRefusal refusal) noexcept;
/// For people: what, and what to do.
[[nodiscard]] std::string_view describe(CertificateRefusal refusal) noexcept;

}  // namespace sallyport
