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

}  // namespace sallyport
