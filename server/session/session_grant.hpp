#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/flow/inside_addresses.hpp"
#include "server/policy/evidence.hpp"
#include "server/session/attestation.hpp"
#include "server/session/record_budget.hpp"
#include "server/session/reference_code.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

class Policy;

/// What admission found out about one verified connection.
struct SessionGrant {
  SessionId id{};
  DeviceId device;
  UserId user;
  std::string serial;              ///< of the device certificate, lower-case hex
  std::string authority{};         ///< that names the device; empty: our own
  std::string issuer{};            ///< hex key id of what signed the certificate
  WallTime certificate_expires{};  ///< or what signed it, whichever is first
  /// How far the wall clock is behind the latest time that was seen. All dates here are true ones.
  std::chrono::seconds clock_behind{};
  std::optional<WallTime> key_proved{};        ///< when the handshake showed that the device key is there, just now
  std::optional<WallTime> user_proved{};       ///< what is on record of this person on this device
  std::optional<WallTime> revocation_as_of{};  ///< the date of the revocation list the certificate was held against
  IpAddress source;                            ///< outer address of the laptop
  InsideAddresses addresses;
  /// Null: this session cannot be asked to attest.
  std::shared_ptr<const ChannelBinding> binding{};
  CodeKey code_key{};  ///< random; of the reference codes of this session
  /// Shared by all sessions of the device; null: the session has its own.
  std::shared_ptr<DeviceBudgets> budgets{};
  /// Judges this session whatever policy is in force; null: the one in force does. Only less than that one may grant.
  std::shared_ptr<const Policy> own_policy{};
};

[[nodiscard]] inline std::optional<WallTime> earlier_by(std::chrono::seconds span, std::optional<WallTime> date) {
  return date ? std::optional{*date - span} : std::nullopt;
}

/// What is known of a session when it begins, in dates of the wall clock as it is: where that was set back, they are
/// earlier by as much, so that nothing is younger by it.
[[nodiscard]] inline Evidence evidence_of(const SessionGrant& grant) {
  return Evidence{.user = grant.user,
                  .device = grant.device,
                  .source = grant.source,
                  .certificate_expires = grant.certificate_expires - grant.clock_behind,
                  .key_proved = grant.key_proved,
                  .user_proved = earlier_by(grant.clock_behind, grant.user_proved),
                  .revocation_as_of = earlier_by(grant.clock_behind, grant.revocation_as_of),
                  .posture = {}};
}

}  // namespace sallyport
