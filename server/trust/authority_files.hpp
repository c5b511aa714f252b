#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "common/pki/trust_bundle.hpp"
#include "server/config/gateway_config.hpp"

namespace sallyport {

/// The certificates of a foreign authority, and the lists that its files and directories and the cache have. A list
/// that cannot be read is offered with its error, and becomes a fault of the bundle. URLs are not asked.
[[nodiscard]] Result<ForeignAuthority, Diagnostics> read_authority(const AuthoritySettings& settings,
                                                                   const std::string& cache_directory);

}  // namespace sallyport
