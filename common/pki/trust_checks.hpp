#pragma once

#include "common/base/time.hpp"
#include "common/pki/trust_bundle.hpp"

#include <optional>

namespace sallyport {

// What a trust bundle asks of each of its parts.

/// How far revocation has come by this list.
[[nodiscard]] inline HighWaterMark::Entry entry_of(const RevocationList& list) {
  return {list.number(), list.this_update()};
}
/// Form and strength, whatever the date.
[[nodiscard]] std::optional<TrustError> check_authority(const CertificateInfo& ca, bool signs_lists);
[[nodiscard]] std::optional<TrustError> check_dates(const CertificateInfo& ca, WallTime now);
/// An expired list is good for `grace` more.
[[nodiscard]] std::optional<TrustError> check_dates(const RevocationList& list, WallTime now,
                                                    std::chrono::seconds grace = {});

}  // namespace sallyport
