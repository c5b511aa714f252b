#pragma once

#include "common/base/result.hpp"
#include "common/pki/certificate_authority.hpp"
#include "server/config/gateway_config.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <string>

namespace sallyport {

/// A revocation list as it was written.
struct PublishedList {
  std::uint64_t number = 0;
  std::size_t entries = 0;
  WallTime next_update{};
};

/// Writes the list of everything the store knows as revoked, with the next number, to config.crl. The error is words.
[[nodiscard]] Result<PublishedList, std::string> publish_revocations(const GatewayConfig& config, Store& store,
                                                                     const CertificateAuthority& authority,
                                                                     std::chrono::days lifetime, WallTime now);

}  // namespace sallyport
