#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sallyport {

/// Why the gateway's half of a session ended. The names are stable: audit records and notices carry them.
enum class EndReason : std::uint8_t {
  ClosedByClient,
  ProtocolViolation,
  UpgradeTimeout,
  TransportFailed,
  Stalled,
  Superseded,
  EndedByAdmin,
  DeviceRevoked,
  DeviceDisabled,
  CertificateExpired,
  RevocationStale,
  TrustChanged,
  Shutdown,
  AdmissionRefused,
  AttestationFailed,
  UserDisabled,
  AuditUnavailable,
  LifetimeOver,
  Idle,
  Unresponsive,
  NotVerified,
  TooManyDevices,
  Drained,
};
inline constexpr std::size_t kEndReasonCount = static_cast<std::size_t>(EndReason::Drained) + 1;

[[nodiscard]] constexpr std::string_view name_of(EndReason reason) noexcept {
  constexpr std::array<std::string_view, kEndReasonCount> kNames{
      "closed_by_client",
      "protocol_violation",
      "upgrade_timeout",
      "transport_failed",
      "stalled",
      "superseded",
      "ended_by_admin",
      "device_revoked",
      "device_disabled",
      "certificate_expired",
      "revocation_stale",
      "trust_changed",
      "gateway_shutdown",
      "admission_refused",
      "attestation_failed",
      "user_disabled",
      "audit_unavailable",
      "lifetime_over",
      "idle",
      "unresponsive",
      "not_verified",
      "too_many_devices",
      "draining",
  };
  return kNames[static_cast<std::size_t>(reason)];
}

/// The gateway or its administrators brought it about, not the device: it happens no more often than they want.
[[nodiscard]] constexpr bool is_by_gateway(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::EndedByAdmin:
    case EndReason::DeviceRevoked:
    case EndReason::DeviceDisabled:
    case EndReason::CertificateExpired:
    case EndReason::RevocationStale:
    case EndReason::TrustChanged:
    case EndReason::Shutdown:
    case EndReason::UserDisabled:
    case EndReason::AuditUnavailable:
    case EndReason::Drained:
      return true;
    default:
      return false;
  }
}

/// What the employee is told: what happened and what to do.
[[nodiscard]] constexpr std::string_view words_for(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::ClosedByClient:
      return "the client closed the session";
    case EndReason::ProtocolViolation:
      return "the client broke the protocol; update it";
    case EndReason::UpgradeTimeout:
      return "the client asked for no tunnel in time";
    case EndReason::TransportFailed:
      return "the connection to the client was lost";
    case EndReason::Stalled:
      return "the client stopped reading; it reconnects by itself";
    case EndReason::Superseded:
      return "a newer session of this device took over";
    case EndReason::EndedByAdmin:
      return "an administrator ended this session; it may reconnect";
    case EndReason::DeviceRevoked:
      return "this device was revoked; ask your administrator to enrol it again";
    case EndReason::DeviceDisabled:
      return "this device is disabled; ask your administrator to enable it";
    case EndReason::CertificateExpired:
      return "the device certificate expired; ask your administrator for a new one";
    case EndReason::RevocationStale:
      return "the gateway's revocation list is out of date; tell your administrator";
    case EndReason::TrustChanged:
      return "the gateway's trust anchors changed; the client reconnects and is checked again";
    case EndReason::Shutdown:
      return "the gateway is stopping; the client reconnects by itself";
    case EndReason::AdmissionRefused:
      return "the gateway did not admit this device";
    case EndReason::AttestationFailed:
      return "this device answered a check of its key with something it did not sign; tell your administrator";
    case EndReason::UserDisabled:
      return "you are disabled at this gateway, with all your devices; ask your administrator";
    case EndReason::AuditUnavailable:
      return "the gateway cannot write its audit record; tell your administrator";
    case EndReason::LifetimeOver:
      return "this session has lasted as long as a session may; the client opens a new one";
    case EndReason::Idle:
      return "nothing passed for a long time; the client connects again when something is to pass";
    case EndReason::Unresponsive:
      return "the client fell silent; it reconnects by itself once it is back";
    case EndReason::NotVerified:
      return "this device did not prove its key in time, so its older session goes on";
    case EndReason::TooManyDevices:
      return "you are connected with as many devices as you may, and this one had to make room; to use it: sallyport "
             "up";
    case EndReason::Drained:
      return "the gateway was drained; the client connects again";
  }
  return "unknown";
}

}  // namespace sallyport
