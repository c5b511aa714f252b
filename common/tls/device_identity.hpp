#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/identity_name.hpp"
#include "common/pki/trust_bundle.hpp"
#include "common/tls/certificate_refusal.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

/// What a verified certificate lets its holder ask for.
enum class PeerStanding : std::uint8_t {
  RenewalOnly,  ///< it has expired, and renewals of expired ones are allowed: the next certificate, and nothing else
  Good,
};

/// Who is at the other end of a verified connection.
struct PeerIdentity {
  PeerStanding standing = PeerStanding::RenewalOnly;
  DeviceId device;                ///< empty when the peer is a gateway
  UserId user;                    ///< lower case; empty when the peer is a gateway
  std::string authority{};        ///< the name of the authority that names it; empty: our own
  std::string issuer{};           ///< hex of the key id of the certificate that signed it
  WallTime issuer_ends = kNever;  ///< the last second of that one's validity
  std::string serial_hex;
  std::string subject;  ///< for people
  WallTime not_before{};
  WallTime not_after{};
  KeyKind key_kind = KeyKind::Other;
  CertificateInfo certificate;  ///< the leaf; certificate.der is what the peer sent
};

/// The whole judgement of a laptop's certificate apart from the proof that it holds the key, which is TLS's part.
/// Pure: every date is judged at `now`. A foreign authority's certificates are read by its identity mapping.
[[nodiscard]] Result<PeerIdentity, CertificateRefusal> verify_device(const CertificateInfo& leaf,
                                                                     const TrustBundle& trust,
                                                                     std::string_view trust_domain, WallTime now);

/// The judgement of a laptop's certificate that ended at most `grace` ago, as it would have been judged in its last
/// second; revocation and the authority are judged at `now`. Its standing is RenewalOnly. Only for our own authority:
/// what others issued they renew.
[[nodiscard]] Result<PeerIdentity, CertificateRefusal> verify_expired_device(const CertificateInfo& leaf,
                                                                             const TrustBundle& trust,
                                                                             std::string_view trust_domain,
                                                                             WallTime now, std::chrono::seconds grace);

/// The same as verify_device() for a gateway's: serverAuth, and `name` (host name or IP address) among its alternative
/// names. Wildcards and the common name do not count.
[[nodiscard]] Result<PeerIdentity, CertificateRefusal> verify_gateway(const CertificateInfo& leaf,
                                                                      const TrustBundle& trust, std::string_view name,
                                                                      WallTime now);

}  // namespace sallyport
