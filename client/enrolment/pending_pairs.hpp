#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <vector>

namespace sallyport {

struct DeviceFiles;

/// A pair on a token that Sallyport made and that no certificate in its place counts for: it is noted, so that it is
/// not lost sight of.
struct PendingPair {
  ByteBuffer id;
  /// Who is getting it a certificate. 0: nobody; another pair took its place before it was settled.
  unsigned process = 0;
};

/// Those noted in files.pending(), the oldest first. What nobody here wrote is left out.
[[nodiscard]] Result<std::vector<PendingPair>, PkiError> read_pending_pairs(const DeviceFiles& files);
/// None: the file goes.
[[nodiscard]] Result<void, PkiError> write_pending_pairs(const DeviceFiles& files,
                                                         const std::vector<PendingPair>& pairs);
/// Another process made the pair a moment ago and is still at it: the daemon renews, or somebody enrols.
[[nodiscard]] bool is_at_work(const DeviceFiles& files, const PendingPair& pair);

}  // namespace sallyport
