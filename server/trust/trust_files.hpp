#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "common/pki/trust_bundle.hpp"
#include "server/config/gateway_config.hpp"

#include <memory>

namespace sallyport {

/// What the files of the configuration say about whom to trust: our own authority, the foreign ones, the lists of all
/// and how far revocation has come; not what could not be read last (load_unread). Nothing is judged yet, and no URL is
/// asked.
[[nodiscard]] Result<TrustSources, Diagnostics> read_trust_sources(const GatewayConfig& config);

/// read_trust_sources(), with what a rotation of our own authority makes of them, judged.
[[nodiscard]] Result<std::shared_ptr<const TrustBundle>, Diagnostics> load_trust_files(const GatewayConfig& config,
                                                                                       WallTime now);

/// The error of TrustBundle::load, with the file that it is about.
[[nodiscard]] Diagnostics trust_diagnostics(const GatewayConfig& config, const TrustError& error);

}  // namespace sallyport
