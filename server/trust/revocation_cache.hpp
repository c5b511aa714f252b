#pragma once

#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "common/pki/trust_bundle.hpp"

#include <string>
#include <vector>

namespace sallyport {

// The last good revocation list of each foreign authority, kept in a directory: one PEM file for each key, named by its
// id. What was relied on once is there at the next start, whatever has become of the place it came from.

[[nodiscard]] std::vector<OfferedList> read_cached_lists(const std::string& directory,
                                                         const std::vector<CertificateInfo>& authorities);

/// Each list in one step, the directory too when it is missing. Nothing is written that is there already.
[[nodiscard]] Result<void, FileError> cache_lists(const std::string& directory, const TrustBundle& bundle);

}  // namespace sallyport
