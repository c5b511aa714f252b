#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/policy/posture_report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// What is known of a laptop's posture. Without a report and without names everything about it is unknown.
struct PostureEvidence {
  std::optional<PostureReport> report{};
  WallTime reported{};  ///< when the gateway received `report`
  /// Instead of a report, for tests and questions: the checks that the device satisfies. It fails all others.
  std::optional<std::vector<std::string>> satisfied{};
};

/// What the gateway knows about a session and when it learned it. What is empty or unset is unknown, and evidence
/// dated after the moment of judging too: an allow rule that asks for it does not match, a deny rule that asks does.
struct Evidence {
  UserId user{};
  DeviceId device{};
  IpAddress source{};  ///< outer address of the laptop; 0.0.0.0 and :: are unknown
  WallTime certificate_expires = kNever;
  std::optional<WallTime> key_proved{};   ///< the device key signed for this channel: handshake or attestation
  std::optional<WallTime> user_proved{};  ///< the person proved presence
  std::optional<WallTime>
      revocation_as_of{};  ///< the date of the revocation list that this certificate was held against
  PostureEvidence posture{};
  bool hours_known = true;  ///< false: the question leaves the time of day open, so that hours are unknown
};

}  // namespace sallyport
