#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Which authorities a device trusts, by its own word.
struct HeldAuthorities {
  std::vector<std::string> fingerprints;  ///< of certificates, lower-case hex
  std::string problem;                    ///< a stable class of what it did not take; empty: it took all
  WallTime told_at{};

  [[nodiscard]] bool has(std::string_view fingerprint) const noexcept {
    return !fingerprint.empty() &&
           std::find(fingerprints.begin(), fingerprints.end(), fingerprint) != fingerprints.end();
  }
  friend bool operator==(const HeldAuthorities&, const HeldAuthorities&) = default;
};

}  // namespace sallyport
