#pragma once

#include "common/log/audit.hpp"
#include "server/policy/evidence.hpp"

namespace sallyport {

/// How old all of it was at that moment.
[[nodiscard]] inline AuditEvidence ages_of(const Evidence& evidence, WallTime now) {
  const auto age = [now](const std::optional<WallTime>& time) {
    return time ? std::optional{now - *time} : std::nullopt;
  };
  const bool has_report = evidence.posture.report.has_value();
  const bool has_end = evidence.certificate_expires != kNever;
  return {.key_age = age(evidence.key_proved),
          .posture_age = has_report ? std::optional{now - evidence.posture.reported} : std::nullopt,
          .proof_age = age(evidence.user_proved),
          .revocation_age = age(evidence.revocation_as_of),
          .certificate_left = has_end ? std::optional{evidence.certificate_expires - now} : std::nullopt};
}

/// A device attested between these two, and not only a person proved something or a key went away. Both dates count:
/// the first attestation may be of the second of the handshake.
[[nodiscard]] inline bool has_attested(const Evidence& before, const Evidence& after) {
  if (!after.key_proved) return false;
  const bool is_newer = !before.key_proved || *after.key_proved > *before.key_proved;
  return is_newer || after.posture.reported != before.posture.reported;
}

}  // namespace sallyport
