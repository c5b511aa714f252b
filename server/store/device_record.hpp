#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Revoked is final: the same laptop comes back by a new enrolment.
enum class DeviceState : std::uint8_t { Active, Disabled, Revoked };
/// "active", "disabled", "revoked".
[[nodiscard]] std::string_view name_of(DeviceState state) noexcept;
[[nodiscard]] std::optional<DeviceState> parse_device_state(std::string_view name) noexcept;

/// What the gateway knows about a device beside its certificate.
struct DeviceRecord {
  DeviceId id;
  UserId user;
  DeviceState state = DeviceState::Disabled;
  std::string serial;  ///< of its newest certificate, lower-case hex; empty: none is known
  WallTime not_after{};
  WallTime enrolled_at{};
  std::optional<WallTime> revoked_at;
  /// Of the certificate before, which stays good until the newest has connected once; empty: there is none.
  std::string previous_serial{};
  std::string authority{};  ///< the foreign authority that names this device; empty: our own
  std::string issuer{};     ///< hex key id of what signed its newest certificate; empty: it was never seen
  std::string enrolment{};  ///< of the store alone: what proofs of presence hang on
  /// Its person is disabled: whatever its own state is, it counts for nothing.
  bool user_disabled = false;
  /// Nobody registered it, a foreign authority's word was enough; and it is not revoked since.
  bool at_first_sight = false;

  /// Whether a certificate of this device counts. Of a foreign authority's every one does that it has not revoked.
  [[nodiscard]] bool accepts(const std::string& presented, std::string_view by_authority = {}) const noexcept {
    if (presented.empty() || by_authority != authority) return false;
    return !authority.empty() || presented == serial || presented == previous_serial;
  }
  /// A foreign authority's device may be known before it was ever seen.
  [[nodiscard]] bool has_certificate() const noexcept { return !serial.empty(); }

  friend bool operator==(const DeviceRecord&, const DeviceRecord&) = default;
};

enum class CertificateKind : std::uint8_t { Device, Gateway };
[[nodiscard]] std::string_view name_of(CertificateKind kind) noexcept;

/// A certificate that this authority issued.
struct CertificateRecord {
  std::string serial;  ///< lower-case hex
  CertificateKind kind = CertificateKind::Device;
  DeviceId device;  ///< empty for gateways
  WallTime not_after{};
  std::optional<WallTime> revoked_at;

  friend bool operator==(const CertificateRecord&, const CertificateRecord&) = default;
};

struct RevokedCertificate {
  std::string serial;
  WallTime revoked_at{};

  friend bool operator==(const RevokedCertificate&, const RevokedCertificate&) = default;
};

}  // namespace sallyport
