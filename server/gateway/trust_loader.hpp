#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "common/pki/certificate_authority.hpp"
#include "common/tls/context.hpp"
#include "server/authority/rotated_trust.hpp"
#include "server/config/gateway_config.hpp"
#include "server/gateway/est_service.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// What the gateway gives out certificates with.
struct EnrolmentTrust {
  CertificateAuthority authority;
  EstDoor door;
  /// The one to come, once it signs: for devices that trust it.
  std::optional<CertificateAuthority> next{};
};

/// Everything the gateway proves itself with and checks others by, as the files held it at one moment.
struct LoadedTrust {
  std::shared_ptr<const TrustBundle> bundle;
  std::shared_ptr<const ServerContext> context;
  std::string ca_pem;                                 ///< as read: tells whether the trust anchors themselves changed
  std::shared_ptr<const EnrolmentTrust> enrolment{};  ///< null: none are given out
  std::shared_ptr<const AuthorityNotice> authorities{};  ///< never null when loaded
  std::vector<ForeignAuthority> foreign{};               ///< as read, without their lists
  std::string gateway_issuer{};                          ///< hex key id of what signed our own certificate
};

/// Reads CA, CRL, certificate and key, and checks them against each other. Changes nothing. Where foreign
/// authorities have no list yet, or a certificate that no list speaks for, their URLs are asked once: 10 s at most.
/// `running`: knows what sources have that cannot be read; null: that is as it was written down last.
[[nodiscard]] Result<LoadedTrust, Diagnostics> load_trust(const GatewayConfig& config, WallTime now,
                                                          const TrustBundle* running = nullptr);

/// Persists how far revocation has come, and the lists of foreign authorities. To be called before `trust` is used: a
/// list that could be forgotten again must not be relied on.
[[nodiscard]] Result<void, Diagnostics> remember_lists(const GatewayConfig& config, const LoadedTrust& trust);
/// Also whose revocation is not known (UnreadKeeper: that is relied on even where it cannot be written).
[[nodiscard]] Result<void, Diagnostics> remember_trust(const GatewayConfig& config, const LoadedTrust& trust);

}  // namespace sallyport
