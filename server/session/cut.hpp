#pragma once

#include "common/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

/// What took a live session or flow away.
enum class CutCause : std::uint8_t {
  Revoke,          ///< the device's record says revoked, or its certificate counts no more
  Disable,         ///< the device is disabled
  UserDisable,     ///< its person is
  Crl,             ///< the revocation list alone says so
  Policy,          ///< another policy
  Posture,         ///< a posture report, or that there is none recent enough
  Proof,           ///< a proof became too old, or was taken back
  CertificateEnd,  ///< the certificate reached its end
};
inline constexpr std::size_t kCutCauses = static_cast<std::size_t>(CutCause::CertificateEnd) + 1;

/// Stable, for records: "user_disable".
[[nodiscard]] constexpr std::string_view name_of(CutCause cause) noexcept {
  constexpr std::array<std::string_view, kCutCauses> kNames{"revoke", "disable", "user_disable", "crl",
                                                            "policy", "posture", "proof",        "certificate_end"};
  return kNames[static_cast<std::size_t>(cause)];
}

/// Why something is cut, and when that was asked for: a command arrived, a report came in.
struct CutOrigin {
  CutCause cause;
  TimePoint asked;
};

/// A flow that was judged again and is over.
struct FlowCut {
  CutCause cause;
  std::optional<TimePoint> asked;  ///< unset: time alone ended it, at `lapsed`
  WallTime lapsed{};
  TimePoint effect{};     ///< from here on nothing passed by the old rights
  TimePoint last_seen{};  ///< its last packet that passed
};

/// How long one session or flow outlived what cut it.
struct Cut {
  CutCause cause;
  Duration effect{};       ///< until its session was closed, or its rights were gone
  Duration last_packet{};  ///< until the last packet that was let through; 0: none was
};

}  // namespace sallyport
