#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/pki/sha256.hpp"
#include "server/store/disabled_user.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// What a person is given to prove themselves with.
struct TotpEnrolment {
  UserId user;
  ByteBuffer secret;
  std::vector<Sha256Digest> recovery;
};

/// Who offers a proof, on what, and when they were asked.
struct ProofClaim {
  UserId user;
  DeviceId device;
  std::string serial;  ///< of the device certificate
  std::string method;
  WallTime asked{};
  std::string authority{};  ///< that names the device; empty: our own
};

struct LastProof {
  DeviceId device;
  std::string method;
  WallTime at{};
};

/// What is known of one person's proof, without anything secret.
struct UserProofState {
  UserId user;
  std::size_t devices = 0;  ///< that are not revoked
  std::optional<WallTime> enrolled{};
  std::size_t recovery_left = 0;
  std::optional<LastProof> last{};
  std::optional<DisabledUser> disabled{};
};

}  // namespace sallyport
