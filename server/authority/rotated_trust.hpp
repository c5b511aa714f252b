#pragma once

#include "common/base/result.hpp"
#include "common/pki/trust_bundle.hpp"
#include "common/wire/authorities.hpp"
#include "server/authority/rotation.hpp"

#include <memory>
#include <optional>
#include <string>

namespace sallyport {

/// What sessions are told, and who is to have a certificate of which authority.
struct AuthorityNotice {
  AuthorityAnnouncement announcement;
  RotationPhase phase = RotationPhase::None;
  std::string newest;  ///< fingerprint of the authority to come; empty: none
  std::chrono::seconds renew_within{};

  friend bool operator==(const AuthorityNotice&, const AuthorityNotice&) = default;
};

/// Changes what the configuration's files say into what is trusted now: the next authority and its list come in, the
/// one of before goes once it is retired, with every other certificate of its key. What brings a retired key back, as
/// ours or as another's, is an error.
[[nodiscard]] Result<void, FileError> apply_rotation(const GatewayConfig& config, const Rotation& rotation,
                                                     TrustSources& sources);

/// The file of the gateway's own certificate now.
[[nodiscard]] std::string gateway_certificate_file(const GatewayConfig& config, const Rotation& rotation);

/// Never null.
[[nodiscard]] Result<std::shared_ptr<const AuthorityNotice>, FileError> authority_notice(const GatewayConfig& config,
                                                                                         const Rotation& rotation);

}  // namespace sallyport
