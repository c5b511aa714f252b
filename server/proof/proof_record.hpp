#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/pki/sha256.hpp"
#include "server/proof/failed_attempts.hpp"
#include "server/proof/totp.hpp"

#include <optional>
#include <vector>

namespace sallyport {

struct TotpRecord {
  ByteBuffer secret;
  TotpStep used = 0;  ///< the last step that was accepted, on whatever device
  friend bool operator==(const TotpRecord&, const TotpRecord&) = default;
};

/// What the store keeps for judging one person on one device. A further method adds its own member.
struct ProofRecord {
  UserId user;
  std::optional<TotpRecord> totp{};      ///< nullopt: not enrolled
  std::vector<Sha256Digest> recovery{};  ///< of the codes that are left
  FailedAttempts failures{};             ///< of the device
  friend bool operator==(const ProofRecord&, const ProofRecord&) = default;
};

}  // namespace sallyport
