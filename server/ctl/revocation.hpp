#pragma once

#include "common/base/result.hpp"
#include "common/pki/certificate_authority.hpp"
#include "server/config/gateway_config.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace sallyport {

/// A revocation list as it was written.
struct PublishedList {
  std::uint64_t number = 0;
  std::size_t entries = 0;
  WallTime next_update{};
};

/// An authority and the file of its list.
struct ListIssuer {
  const CertificateAuthority* authority;  ///< outlives the call
  std::string path;
};

/// Writes one list for each of them: everything the store knows as revoked, with the next number. The error is words.
[[nodiscard]] Result<PublishedList, std::string> publish_lists(const GatewayConfig& config, Store& store,
                                                               std::span<const ListIssuer> issuers,
                                                               std::chrono::days lifetime, WallTime now);

/// The same by every authority that is trusted now: `authority`, the one that signs on this host, and during a rotation
/// the one to come.
[[nodiscard]] Result<PublishedList, std::string> publish_revocations(const GatewayConfig& config, Store& store,
                                                                     const CertificateAuthority& authority,
                                                                     std::chrono::days lifetime, WallTime now);

}  // namespace sallyport
